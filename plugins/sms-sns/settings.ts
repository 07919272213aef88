import { amazonSettings } from 'care-kernel/gateway'
import { Type, type Static } from 'typebox'

/** Settings of the gateway. The keys are the original's SNS_ACCESS_KEY and SNS_SECRET_KEY. */
export const Settings = Type.Object(
  {
    ...amazonSettings,
    timeoutSeconds: Type.Integer({ default: 5, minimum: 1, maximum: 60, description: 'Longest wait for an answer' }),
    attributes: Type.Record(Type.String(), Type.String(), {
      default: {},
      description: 'Sent along with every message: AWS.SNS.SMS.SenderID, AWS.MM.SMS.EntityId …'
    })
  },
  { additionalProperties: false }
)

export type SnsSettings = Static<typeof Settings>
