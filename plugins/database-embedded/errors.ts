/** Why the embedded server cannot run; the message has the fact and the remedy. */
export class EmbeddedError extends Error {
  readonly code: 'EMBEDDED_UNSUPPORTED' | 'EMBEDDED_IN_USE' | 'EMBEDDED_INIT_FAILED' | 'EMBEDDED_START_FAILED'

  constructor(code: EmbeddedError['code'], fact: string, remedy: string) {
    super(`${fact}; ${remedy}`)
    this.name = 'EmbeddedError'
    this.code = code
  }
}
