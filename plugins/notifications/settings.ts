import { secret } from 'care-kernel'
import { Type, type Static } from 'typebox'
import { TEMPLATES } from './templates.ts'

/** The original's published private key. */
const PUBLIC_VAPID_KEYS = ['7mf3OFreFsgFF4jd8A71ZGdVaj8kpJdOto4cFbfAS-s'] as const

/** Texts of the deployment's own: each may use the placeholders of the template it replaces and no others. */
const Texts = Type.Partial(
  Type.Object(
    Object.fromEntries(
      Object.entries(TEMPLATES).map(([name, { text, names }]) => [
        name,
        Type.String({ minLength: 1, pattern: `^([^{}]|\\{(${names.join('|')})\\})*$`, description: `Instead of: ${text}` })
      ])
    ),
    { additionalProperties: false }
  )
)

/** Settings of the plugin. */
export const Settings = Type.Object(
  {
    vapidPublicKey: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9_-]{87}$', description: 'Web push is off without keys (VAPID_PUBLIC_KEY)' })
    ),
    vapidPrivateKey: Type.Optional(secret({ developmentOnly: PUBLIC_VAPID_KEYS, description: 'VAPID_PRIVATE_KEY' })),
    vapidSubject: Type.String({
      default: 'mailto:info@ohc.network',
      pattern: '^(mailto:|https:)',
      description: 'Contact address that push services are given'
    }),
    textMessages: Type.Optional(
      Type.Boolean({ description: 'Whether SMS are sent; default: in production only (SEND_SMS_NOTIFICATION)' })
    ),
    keepDays: Type.Integer({ default: 90, minimum: 1, description: 'How long notifications can be read' }),
    texts: Type.Unsafe<Readonly<Record<string, string>>>({ ...Texts, default: {} })
  },
  { additionalProperties: false }
)

export type NotificationSettings = Static<typeof Settings>
