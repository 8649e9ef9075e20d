// Requests to the server that this page came from. Each carries the token.

export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status; // 0: no answer
  }
}

const GONE = "The studio does not answer. Start it again with: gansmith studio";

export class Api {
  constructor(token) {
    this.token = token;
    this.refused = () => {}; // called where the token is not taken
  }

  // The answer to GET /api/PATH, from JSON.
  async get(path) {
    return (await this.ask("GET", path)).json();
  }

  // The answer to POST /api/PATH with a JSON body.
  async post(path, body = {}) {
    const answer = await this.ask("POST", path, JSON.stringify(body), { "Content-Type": "application/json" });
    return answer.json();
  }

  // A file as an ArrayBuffer.
  async bytes(path) {
    return (await this.ask("GET", path)).arrayBuffer();
  }

  // A picture or file as an address for <img> or a download. Whoever asked gives it back with URL.revokeObjectURL.
  async address(path) {
    return URL.createObjectURL(await (await this.ask("GET", path)).blob());
  }

  async ask(method, path, body, headers = {}) {
    const given = { method, body, headers: { ...headers, Authorization: `Bearer ${this.token}` }, cache: "no-store" };
    let answer;
    try {
      answer = await fetch(`/api/${path}`, given);
    } catch {
      throw new ApiError(GONE, 0);
    }
    if (answer.ok) return answer;
    if (answer.status === 401) this.refused();
    const told = await answer.json().catch(() => ({}));
    throw new ApiError(told.error || `The studio answered ${answer.status}.`, answer.status);
  }

  // Sends a file; `progress(share)` is called as it goes.
  upload(file, { into, path, progress = () => {} } = {}) {
    const query = new URLSearchParams({ name: file.name, ...(into ? { into, path: path || file.name } : {}) });
    return new Promise((done, fail) => {
      const request = new XMLHttpRequest(); // fetch tells nothing about what is sent
      request.open("POST", `/api/upload?${query}`);
      request.setRequestHeader("Authorization", `Bearer ${this.token}`);
      request.responseType = "json";
      request.upload.onprogress = (event) => progress(event.total ? event.loaded / event.total : 0);
      request.onerror = () => fail(new ApiError(GONE, 0));
      request.onload = () => {
        if (request.status < 300) done(request.response);
        else fail(new ApiError(request.response?.error || `The studio answered ${request.status}.`, request.status));
      };
      request.send(file);
    });
  }
}
