import type { FastifyInstance } from 'fastify'
import type { Deployment } from 'care-kernel'
import { keptJwks, publicKeys, readJwks, type JwkSet } from './jwks.ts'
import type { AuthSettings } from './settings.ts'

const SECONDS = 86_400

/** The deployment's signing keys, read at first use: from the settings, or kept in a file. */
export class SigningKeys {
  readonly #settings: AuthSettings
  #keys: Promise<JwkSet> | undefined

  constructor({ config }: { config: AuthSettings; deployment: Deployment }) {
    this.#settings = config
  }

  /** Rejects when the configured set cannot be read. */
  keys(): Promise<JwkSet> {
    const { jwks, jwksFile } = this.#settings
    return (this.#keys ??= jwks ? Promise.resolve().then(() => readJwks(jwks)) : keptJwks(jwksFile))
  }
}

/** `/.well-known/jwks.json` (contract auth-users §1.14). */
export function jwksRoutes(app: FastifyInstance, { signingKeys }: { signingKeys: SigningKeys }): void {
  app.get('/.well-known/jwks.json', { config: { permission: 'public' } }, async (request, reply) =>
    reply.header('cache-control', `max-age=${SECONDS}`).send(await publicKeys(await signingKeys.keys()))
  )
}
