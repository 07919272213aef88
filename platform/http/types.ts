import type { Actor } from '../access/actor.ts'
import type { Upload } from './body.ts'

/** The only additions to Fastify's types. */
declare module 'fastify' {
  interface FastifyContextConfig {
    /** Name of a rule, `'public'` or `'authenticated'`. Every route must have one. */
    permission?: string
    /** Authentication scheme, of those that plugins provide: `user` by default; `none` ignores credentials. */
    scheme?: string
    /** The permission asked before a method that this path does not offer is answered 405; without it, only a login is asked. */
    permissionBefore405?: string
    /** Caches the response for all clients; `invalidateResponses(tag)` drops it before its time. */
    cache?: { readonly seconds: number; readonly tag: string }
    /** Heading in the OpenAPI document; the plugin's name by default. */
    plugin?: string
  }
  interface FastifyRequest {
    /** The authenticated actor; null on public routes without credentials. */
    actor: Actor | null
    /** Whether the body came as a form: multipart or urlencoded. */
    form: boolean
    /** Files of a multipart body by field name. */
    uploads: Readonly<Record<string, Upload>>
  }
}
