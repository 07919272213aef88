import { all, not, type Rule } from 'care-kernel/access'
import { atLeast, RANK, readOnly } from 'care-kernel/contracts/auth-permissions'

const nursing = atLeast(RANK.nurseReadOnly)
const writer = all(not(readOnly), nursing)

/** Rules of shifting (docs/api/shifting-resources.md §3); superusers are no exception. */
export const shiftRules = {
  'shift.read': { summary: 'See requests to shift patients', allow: nursing },
  'shift.write': { summary: 'Ask for a patient to be shifted, and handle such requests', allow: writer },
  'shift.transfer': { summary: 'Move a shifted patient to the destination', allow: writer },
  'shift.comment': { summary: 'Comment on a request to shift a patient', allow: writer }
} as const satisfies Readonly<Record<string, Rule>>
