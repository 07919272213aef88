import { secret } from 'care-kernel'
import { Type, type Static } from 'typebox'

const rate = (normal: string, description: string) =>
  Type.String({ default: normal, pattern: '^[1-9][0-9]*/[1-9]?[0-9]*[smhd]$', description })

/** Settings of the plugin. The window is six hours; the original's is six days (docs/api/patients.md §16, §19 FIX-7). */
export const Settings = Type.Object(
  {
    fixedCode: Type.Optional(
      secret({
        developmentOnly: true,
        pattern: '^([A-Za-z0-9]{5})?$',
        description: 'The code of all numbers, and no message is sent; for development'
      })
    ),
    lifetimeMinutes: Type.Integer({ default: 5, minimum: 1, maximum: 30, description: 'Lifetime of a code' }),
    tries: Type.Integer({ default: 5, minimum: 1, maximum: 10, description: 'Guesses after which a code is void' }),
    codesPerNumber: Type.Integer({ default: 10, minimum: 1, description: 'Unused codes of one phone number within the window' }),
    windowHours: Type.Integer({ default: 6, minimum: 1 }),
    codesPerAddress: rate('60/h', 'Codes asked for from one client address'),
    loginsPerNumber: rate('60/h', 'Attempts to log in with one phone number')
  },
  { additionalProperties: false }
)

export type OtpSettings = Static<typeof Settings>
