import { PRIVACY_CLASSES, type ClassedColumn } from '../../kernel/plugin/models.ts'
import type { Contribution } from '../../kernel/contributions/contribution.ts'

/** The deployment's data inventory: every column with its class. */
export const privacy: Contribution<readonly ClassedColumn[]> = {
  name: 'privacy',
  collect(plugins, { problems }) {
    return plugins.flatMap(({ name: owner, plugin }) =>
      (plugin.models ?? []).flatMap(({ table, columns, subject }) =>
        Object.entries(columns).flatMap(([column, { privacy, coded = [], quasi = 0 }]) => {
          if (PRIVACY_CLASSES.includes(privacy)) return [{ table, column, privacy, subject, coded, quasi }]
          problems.push({
            code: 'COLUMN_WITHOUT_PRIVACY',
            owner,
            fact: `${table}.${column} has no privacy class`,
            remedy: `say one of ${PRIVACY_CLASSES.join(', ')} as the column's first argument`
          })
          return []
        })
      )
    )
  },
  provide: columns => () => ({ columns }),
  describe: columns => ({
    personalColumns: columns
      .filter(({ privacy }) => privacy !== 'none')
      .map(({ table, column, privacy }) => `${table}.${column}: ${privacy}`)
      .sort()
  })
}
