// The socket: what the server tells as it happens. It is opened again whenever it is lost.

const NEXT_TRY = 800; // milliseconds until the next try: a studio that came back is seen within two seconds
const LENGTH_BYTES = 4;

export class Live {
  constructor(token) {
    this.token = token;
    this.listeners = new Map();
    this.watched = null;
    this.isOpen = false;
    this.isEnded = false;
    document.addEventListener("visibilitychange", () => this.send({ hidden: document.hidden }));
    this.connect();
  }

  // Calls `listener(message)` for each message of a kind ("cards", "rows", "sheet" ...; "open" and "lost" are of the
  // socket itself). Gives back what ends it.
  on(kind, listener) {
    if (!this.listeners.has(kind)) this.listeners.set(kind, new Set());
    this.listeners.get(kind).add(listener);
    return () => this.listeners.get(kind).delete(listener);
  }

  // Rows, sheets and findings of this run are sent; null: of none.
  watch(name) {
    this.watched = name;
    this.send({ watch: name });
  }

  send(message) {
    if (this.isOpen) this.socket.send(JSON.stringify(message));
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/api/socket`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => {
      this.isOpen = true;
      this.send({ token: this.token });
      this.send({ watch: this.watched });
      this.send({ hidden: document.hidden });
      this.dispatch({ kind: "open" });
    };
    this.socket.onmessage = ({ data }) => this.dispatch(typeof data === "string" ? JSON.parse(data) : unpackedFrame(data));
    this.socket.onclose = () => {
      this.isOpen = false;
      if (this.isEnded) return;
      this.dispatch({ kind: "lost" });
      setTimeout(() => this.connect(), NEXT_TRY);
    };
  }

  end() {
    this.isEnded = true;
    this.socket.close();
  }

  dispatch(message) {
    for (const listener of [...(this.listeners.get(message.kind) || [])]) listener(message);
  }
}

// A binary message: the length of its JSON (uint32, little-endian), the JSON, and bytes, which become `data`.
function unpackedFrame(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, LENGTH_BYTES, length)));
  return { ...head, data: new Uint8Array(buffer, LENGTH_BYTES + length) };
}
