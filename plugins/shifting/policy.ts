import { all, not, type Rule } from 'care-kernel/access'
import { atLeast, RANK, readOnly } from 'care-kernel/contracts/auth-permissions'

const nursing = atLeast(RANK.nurseReadOnly)
const writer = all(not(readOnly), nursing)

/** Rules of shifting (`docs/api/shifting-resources.md §3`). They hold for superusers, too. */
export const shiftRules = {
  'shift.read': { summary: 'See requests to shift patients', allow: nursing },
  'shift.write': { summary: 'Create and change requests to shift a patient', allow: writer },
  'shift.transfer': { summary: 'Move a shifted patient to the destination', allow: writer },
  'shift.comment': { summary: 'Comment on a request to shift a patient', allow: writer }
} as const satisfies Readonly<Record<string, Rule>>
