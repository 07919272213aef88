import type { Columns, ModelDefinition, ModelOf } from '../../kernel/plugin/models.ts'
import type { Sequelize } from 'sequelize'
import type { Clock } from '../../kernel/ports/clock.ts'
import { makeRepositories } from './repository.ts'
import { WriteObservers } from './writes.ts'
import { claim, type Engine } from '../../kernel/contributions/contribution.ts'

export interface OwnedModel {
  readonly owner: string
  readonly definition: ModelDefinition
}

/** Every model by its table. */
export type ModelPart = ReadonlyMap<string, OwnedModel>

/** Tables have one owner, names are unique. */
export const modelEngine: Engine<ModelPart> = {
  kind: 'models',
  compose(plugins, problems) {
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
  describe: part =>
    [...part]
      .map(([table, { owner, definition }]) => ({
        table,
        owner,
        model: definition.name,
        columns: Object.keys(definition.columns).length
      }))
      .sort((a, b) => a.table.localeCompare(b.table))
}

/** Attaches the models to one kernel's Sequelize; the result finds a model by its definition. */
export function attachModels(
  part: ModelPart,
  sequelize: Sequelize,
  writes: WriteObservers
): <C extends Columns>(definition: ModelDefinition<C>) => ModelOf<C> {
  const attached = new Map<string, unknown>()
  for (const { definition } of part.values()) {
    const attributes = Object.fromEntries(
      Object.entries(definition.columns).map(([name, { options, privacy }]) => [name, { ...options, field: name, privacy }])
    )
    attached.set(
      definition.table,
      sequelize.define(definition.name, attributes, { tableName: definition.table, timestamps: false, freezeTableName: true })
    )
  }
  writes.watch(sequelize, new Map([...part.values()].map(({ definition }) => [definition.name, definition])))
  return <C extends Columns>(definition: ModelDefinition<C>) => {
    const model = attached.get(definition.table)
    if (!model) throw new Error(`model ${definition.name} is not declared by any enabled plugin`)
    return model as ModelOf<C>
  }
}

/** What the scope of every plugin gets to write rows. Needs no open database. */
export function makeWritePath(part: ModelPart, clock: Clock) {
  const writes = new WriteObservers()
  const definitions = [...part.values()].map(({ definition }) => definition)
  return { writes, repository: makeRepositories(definitions, clock, writes) }
}
