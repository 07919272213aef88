import { all, any, not, type Rule } from 'care-kernel/access'
import { assetUser, atLeast, RANK, readOnly, superuser, verified } from 'care-kernel/contracts/auth-permissions'
import { consultationRead, type ConsultationLike } from 'care-kernel/contracts/consultations'

const byPerson = not(assetUser)
const object = all<ConsultationLike>(byPerson, consultationRead)

/** docs/api/gateways-jobs.md §10.1: the type of user, then READ-C on the consultation, also for mailing (FIX-C1). */
export const summaryRules = {
  'discharge-summary.read': { summary: 'See discharge summaries', allow: any(assetUser, superuser, verified), object },
  'discharge-summary.write': {
    summary: 'Make discharge summaries, and mail them',
    allow: all(byPerson, any(superuser, all(verified, not(readOnly), atLeast(RANK.nurse)))),
    object
  }
} as const satisfies Readonly<Record<string, Rule>>
