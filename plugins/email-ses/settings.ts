import { amazonSettings } from 'care-kernel/gateway'
import { Type, type Static } from 'typebox'

/** Settings of the gateway. */
export const Settings = Type.Object(
  {
    ...amazonSettings,
    from: Type.String({ minLength: 3, pattern: '@', description: 'Sender of every message: address, or Name <address>' }),
    configurationSet: Type.String({ default: '', description: 'Where SES reports deliveries, bounces and complaints' }),
    timeoutSeconds: Type.Integer({ default: 10, minimum: 1, maximum: 120, description: 'Longest wait for an answer' })
  },
  { additionalProperties: false }
)

export type SesSettings = Static<typeof Settings>
