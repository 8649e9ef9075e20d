// A worker's whole task: it is given a generator, then latents again and again, and answers with pictures.

import { Renderer } from "../engine/renderer.js";

export function serve(scope) {
  let renderer = null;
  scope.onmessage = ({ data }) => {
    if (!renderer) {
      renderer = new Renderer(data.model, data.bytes, data.kernel);
      scope.postMessage({ ready: true });
      return;
    }
    const pixels = renderer.pictures(data.latents, data.labels);
    scope.postMessage({ pixels }, [pixels.buffer]);
  };
}
