import { Type, type Static } from 'typebox'

const name = (value: string) => Type.String({ default: value, pattern: '^[a-z_][a-z0-9_]{0,50}$' })

/** Settings of the plugin. */
export const Settings = Type.Object(
  {
    schema: name('bi'),
    role: Type.String({
      ...name('care_bi'),
      description: 'The role that reads the views; `<role>_owner`, which cannot log in, owns them. One per deployment on a server'
    }),
    smallestGroup: Type.Integer({
      default: 5,
      minimum: 2,
      description: 'Age and gender are shown in groups of at least so many'
    }),
    statementSeconds: Type.Integer({ default: 60, minimum: 1 }),
    connections: Type.Integer({ default: 20, minimum: 1 })
  },
  { additionalProperties: false }
)

export type ReportingSettings = Static<typeof Settings>
