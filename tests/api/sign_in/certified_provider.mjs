// A provider by the certified npm package oidc-provider: its own pages for signing in and agreeing, new keys at each start.
// node certified_provider.mjs PORT FOLDER-OF-THE-PACKAGE; says its issuer on a line when it is ready.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import http from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [port, folder] = process.argv.slice(2);
const place = createRequire(`${folder}/package.json`).resolve('oidc-provider');
const { default: Provider } = await import(pathToFileURL(place));
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });

const server = http.createServer();
server.listen(Number(port), 'localhost', () => {
  const issuer = `http://localhost:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'desk', client_secret: 'a secret of the client', id_token_signed_response_alg: 'ES256',
      redirect_uris: ['http://127.0.0.1/any'], post_logout_redirect_uris: ['http://127.0.0.1/any'],
    }],
    jwks: { keys: [{ ...key, kid: randomUUID(), use: 'sig', alg: 'ES256' }] },
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: `Person ${id}`, email: `${id}@example.com`, email_verified: true, groups: id.split('.') }),
    }),
    cookies: { keys: ['a test'] },
  });
  const ours = (address) => address.startsWith('http://127.0.0.1:');
  provider.Client.prototype.redirectUriAllowed = ours;  // our port is not known before
  provider.Client.prototype.postLogoutRedirectUriAllowed = ours;
  server.on('request', provider.callback());
  console.log(issuer);
});
