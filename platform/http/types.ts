import type { Actor } from '../../kernel/plugin/actor.ts'
import type { Upload } from './body.ts'

/** The kernel's only additions to Fastify's types (design §3). */
declare module 'fastify' {
  interface FastifyContextConfig {
    /** Name of a rule, `'public'` or `'authenticated'`. Every route must say it. */
    permission?: string
    /** How the actor is found: a scheme some plugin provides, `user` unless told; `none` ignores credentials. */
    scheme?: string
    /** The rule asked for a method that this path does not offer, before it is answered 405. */
    otherwise?: string
    /** Keeps the answer this long for everybody; `tag` names what makes it stale. */
    cache?: { readonly seconds: number; readonly tag: string }
    /** Heading in the OpenAPI document; the plugin's name unless told. */
    plugin?: string
  }
  interface FastifyRequest {
    /** Who asks; null on public routes without credentials. */
    actor: Actor | null
    /** Whether the body came as a form: multipart or urlencoded. */
    form: boolean
    /** Files of a multipart body by field name. */
    uploads: Readonly<Record<string, Upload>>
  }
}
