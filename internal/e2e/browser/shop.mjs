// What the cases do with the shop of the test: ask a customer, read what was recorded, cut connections.
import { origin } from "./browser.mjs";

const post = async (path) => {
  const reply = await fetch(origin + path, { method: "POST" });
  if (!reply.ok) throw new Error(`${path}: ${await reply.text()}`);
  return reply.json();
};

// ask asks a customer and returns {token, path}: the token, and the path of its page.
export const ask = (survey, query = "") => post(`/test/ask?survey=${survey}&${query}`);

// recorded returns what is recorded of the token's request, as lines.
export const recorded = async (token) => (await fetch(`${origin}/test/recorded?token=${token}`)).json();

// drop makes the server cut the connections of the next requests to the address, each "before" or "after" it has handled the request.
export const drop = (path, ...when) => post(`/test/drop?when=${when}&path=${encodeURIComponent(path)}`);
