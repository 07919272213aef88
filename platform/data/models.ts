import type { Sequelize } from 'sequelize'
import { claim, type Contribution } from '../../kernel/contributions/contribution.ts'
import type { ModelDefinition } from '../../kernel/plugin/models.ts'

export interface OwnedModel {
  readonly owner: string
  readonly definition: ModelDefinition
}

/** Every model by its table. */
export type CollectedModels = ReadonlyMap<string, OwnedModel>

/** Tables have one owner, names are unique. */
export const models: Contribution<CollectedModels> = {
  name: 'models',
  ports: ({ models }) => (models?.length ? ['database'] : []),
  collect(plugins, { problems }) {
    const tables = new Map<string, OwnedModel>()
    const names = new Map<string, OwnedModel>()
    for (const { name: owner, plugin } of plugins) {
      for (const definition of plugin.models ?? []) {
        const { name, table } = definition
        claim(
          tables,
          table,
          { owner, definition },
          first => ({
            code: 'DUPLICATE_TABLE',
            owner,
            fact: `table ${table} already belongs to "${first}"`,
            remedy: 'own another table that points at it'
          }),
          problems
        )
        claim(
          names,
          name,
          { owner, definition },
          first => ({
            code: 'DUPLICATE_MODEL',
            owner,
            fact: `a model ${name} is already declared by "${first}"`,
            remedy: 'give the model another name'
          }),
          problems
        )
      }
    }
    return tables
  },
  provide: (collected, { ports }) => {
    const model = (definition: ModelDefinition) => modelOf(ports.database?.sequelize, collected, definition)
    return () => ({ model })
  },
  describe: collected => ({
    tables: [...collected]
      .map(([table, { owner, definition }]) => ({
        table,
        owner,
        model: definition.name,
        columns: Object.keys(definition.columns).length
      }))
      .sort((a, b) => a.table.localeCompare(b.table))
  }),
  open(collected, { ports: { database } }) {
    if (database) defineModels(collected, database.sequelize)
  }
}

/** Defines the models on one kernel's Sequelize. */
function defineModels(collected: CollectedModels, sequelize: Sequelize): void {
  for (const { definition } of collected.values()) {
    const attributes = Object.fromEntries(
      Object.entries(definition.columns).map(([name, { options, privacy }]) => [name, { ...options, field: name, privacy }])
    )
    sequelize.define(definition.name, attributes, { tableName: definition.table, timestamps: false, freezeTableName: true })
  }
}

function modelOf(sequelize: Sequelize | undefined, collected: CollectedModels, { name, table }: ModelDefinition): unknown {
  if (!sequelize || collected.get(table)?.definition.name !== name)
    throw new Error(`model ${name} is not declared by any enabled plugin`)
  return sequelize.model(name)
}
