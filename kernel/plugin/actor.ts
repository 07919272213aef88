/**
 * The user or device a request is made for, loaded once per request. The host needs the id only; what else is known of an actor is declared
 * beside the permissions that ask for it (`platform/access/actor.ts`).
 */
export interface Actor {
  readonly id: number
}
