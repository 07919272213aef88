import { Type, type Static } from 'typebox'

const by = (schedule: string) => Type.Boolean({ default: true, description: `Whether ${schedule} is written by schedule` })

/** Settings of the plugin; the first five are TASK_SUMMARIZE_* of the original. */
export const Settings = Type.Object(
  {
    facilityCapacity: by('facility_summary'),
    patients: by('patient_summary'),
    tests: by('tests_summary'),
    triage: by('triage_summary'),
    districtPatients: by('district_patient_summary'),
    anonymous: Type.Boolean({ default: true, description: 'Whether unauthenticated requests may read' }),
    correctTriage: Type.Boolean({
      default: false,
      description:
        'Isolated and visited in their own columns, confirmed positive counted; dashboards may rely on the exchange of the original'
    })
  },
  { additionalProperties: false }
)

export type SummarySettings = Static<typeof Settings>
