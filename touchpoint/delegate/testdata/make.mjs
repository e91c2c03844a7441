// Writes vectors.json: requests that two other implementations of RFC 9421 have signed. Run in an empty folder:
//
//   npm install http-message-signatures@1.0.6 web-bot-auth@0.1.3 && node make.mjs > vectors.json
//
// The key is for tests: its seed is 000102…1f.
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { httpbis } from 'http-message-signatures';
import { signatureHeaders } from 'web-bot-auth';

const seed = Buffer.from([...Array(32).keys()]);
const key = createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der', type: 'pkcs8' });
const jwk = createPublicKey(key).export({ format: 'jwk' });
const thumbprint = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(`{"crv":"Ed25519","kty":"OKP","x":"${jwk.x}"}`))).toString('base64url');
const created = new Date(1790000000000), expires = new Date(1790003600000);

const out = [];
async function httpbisSign(name, fields, url, method, headers) {
  const r = await httpbis.signMessage({
    key: { id: thumbprint, alg: 'ed25519', sign: async (data) => sign(null, data, key) },
    name: 'sig1', fields, params: ['created', 'expires', 'keyid', 'alg', 'nonce', 'tag'],
    paramValues: { created, expires, nonce: 'nonce-of-' + name, tag: 'web-bot-auth' },
  }, { method, url, headers: { host: new URL(url).host, ...headers } });
  out.push({ name: 'http-message-signatures: ' + name, method, url, headers: r.headers });
}
const agent = { 'Signature-Agent': 'sig1="https://agent.example"' };
const legacy = { 'Signature-Agent': '"https://agent.example"' };
const member = '"signature-agent";key="sig1"';
await httpbisSign('authority', ['@authority', member], 'https://shop.example/pay', 'GET', agent);
await httpbisSign('legacy', ['@authority', '@method', '@path', 'signature-agent'], 'https://shop.example/pay', 'POST', legacy);
await httpbisSign('target', ['@target-uri', member], 'https://shop.example/pay?a=b&c', 'GET', agent);
await httpbisSign('everything', ['@method', '@authority', '@scheme', '@target-uri', '@request-target', '@path', '@query', member], 'https://shop.example/p%41y/%2F?a=b%20c+d', 'PUT', agent);
await httpbisSign('no query', ['@authority', '@query', member], 'https://shop.example/pay', 'GET', agent);
await httpbisSign('query parameters', ['@authority', '"@query-param";name="a"', '"@query-param";name="c"', member], 'https://shop.example/pay?a=x%20y%2Fz&b=1&c=', 'GET', agent);
await httpbisSign('port', ['@authority', member], 'https://shop.example:8443/pay', 'GET', agent);
await httpbisSign('fields', ['@authority', 'content-type', 'x-many', member], 'https://shop.example/pay', 'POST', { ...agent, 'Content-Type': ' application/json ', 'X-Many': ['a', ' b '] });
await httpbisSign('bytes', ['@authority', '"x-many";bs', member], 'https://shop.example/pay', 'POST', { ...agent, 'X-Many': ['a, b', 'c'] });

const signer = { alg: 'ed25519', keyid: thumbprint, sign: async (data) => new Uint8Array(sign(null, Buffer.from(data), key)) };
for (const [name, components] of [['default', undefined], ['more', ['@authority', '@method', '@path', 'signature-agent']]]) {
  const url = 'https://shop.example/pay?x=1';
  const headers = { 'Signature-Agent': '"https://agent.example"' };
  const s = await signatureHeaders({ method: 'GET', url, headers }, signer, { created, expires, ...(components ? { components } : {}) });
  out.push({ name: 'web-bot-auth: ' + name, method: 'GET', url, headers: { ...headers, ...s } });
}
console.log(JSON.stringify({ key: jwk.x, thumbprint, now: created.getTime() / 1000 + 60, requests: out }, null, 1));
