// A run's generator as the server sends it: a table, and the bytes of its arrays.

import { bytesOf } from "../../../web/engine/base64.js";
import { Pool } from "../../../web/page/pool.js";
import { runPath } from "../frame/words.js";

const TABLE_HEAD = 4; // bytes that say how long the table is

// {model, pool}; the pool's workers know the generator already.
export async function loadGenerator(api, name, checkpoint) {
  const buffer = await api.bytes(`${runPath(name, "generator")}?checkpoint=${encodeURIComponent(checkpoint)}`);
  const length = new DataView(buffer).getUint32(0, true);
  const model = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, TABLE_HEAD, length)));
  model.directions = model.directions.map(withNumbers);
  model.styles = model.styles.map(withNumbers);
  const pool = new Pool(model.arrays, model.worker);
  const { layers, arrays, output, activations, latent, pixels } = model;
  const bytes = new Uint8Array(buffer, TABLE_HEAD + length);
  pool.begin({ model: { layers, arrays, output, activations, latent, pixels }, bytes, kernel: bytesOf(model.kernel) });
  return { model, pool };
}

// {name, vector, kind} with the vector's numbers.
export const withNumbers = (row) => ({ ...row, vector: numbersOf(row.vector) });

// float32 numbers from base64.
export const numbersOf = (text) => new Float32Array(bytesOf(text).buffer);
