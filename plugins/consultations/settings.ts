import { Type } from 'typebox'

/** `plugins.consultations` of a config. */
export const Settings = Type.Object(
  {
    /** No encounter is older; an instant with its offset. */
    minEncounterDate: Type.String({ default: '2020-01-01T00:00:00+05:30', format: 'date-time' })
  },
  { additionalProperties: false }
)
