/** What an actor reads who may not do something. */
export const DENIED = 'You do not have permission to perform this action.'

const REFUSED = Symbol.for('care-kernel.permission-denied')

/** The policy does not allow an actor to do something with an object; the server answers 403 `{"detail": DENIED}`. */
export class PermissionDenied extends Error {
  readonly [REFUSED] = true
  readonly permission: string

  constructor(permission: string) {
    super(`permission ${permission} was denied`)
    this.name = 'PermissionDenied'
    this.permission = permission
  }
}

/** Whether an error is a denied permission, thrown by this copy of the package or another. */
export const isPermissionDenied = (error: unknown): error is PermissionDenied =>
  typeof error === 'object' && error !== null && REFUSED in error
