import { all, any, not, predicate, type Rule } from 'care-kernel/access'
import { atLeast, RANK, readOnly, superuser } from 'care-kernel/contracts/auth-permissions'

const hospital = predicate('staff or nurse', ({ userType }) => userType >= RANK.staffReadOnly && userType <= RANK.nurse)
const outsideHospitals = not(hospital)

/** Rules of samples and of external results (`docs/api/consultations.md §2, §15, §16`). */
export const sampleRules = {
  'sample.list': { summary: 'See the samples of all patients', allow: atLeast(RANK.doctor) },
  'sample.read': { summary: 'See samples', allow: any(superuser, atLeast(RANK.nurseReadOnly)) },
  'sample.take': { summary: 'Create samples', allow: any(superuser, all(not(readOnly), atLeast(RANK.nurse))) },
  'sample.update': {
    summary: 'Change the status or result of samples',
    allow: any(superuser, all(not(readOnly), atLeast(RANK.doctor)))
  },
  'external-result.read': { summary: 'See and correct external results', allow: outsideHospitals },
  'external-result.upload': {
    summary: 'Upload external results',
    allow: outsideHospitals,
    object: any(superuser, atLeast(RANK.districtLabAdmin))
  },
  'external-result.delete': {
    summary: 'Delete external results',
    allow: all(outsideHospitals, atLeast(RANK.districtLabAdmin))
  }
} as const satisfies Readonly<Record<string, Rule>>
