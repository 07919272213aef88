import type { Handling } from 'care-kernel/jobs'
import { Type } from 'typebox'
import type { NotificationScope } from './scope.ts'

/** What somebody wrote to everybody at a facility. */
export const message = {
  payload: Type.Object({ facilityId: Type.Integer(), userId: Type.Integer(), message: Type.String() }),
  attempts: 8,
  run: async (
    { facilityId, userId: by, message }: { readonly facilityId: number; readonly userId: number; readonly message: string },
    { tx }: Handling,
    { notices }: NotificationScope
  ): Promise<void> => notices.announce(tx, 'MESSAGE', { facilityId, by, message, objects: {} })
} as const
