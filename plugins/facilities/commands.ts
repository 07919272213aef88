import type { Command, Terminal } from 'care-kernel'
import { DISTRICT } from 'care-kernel/contracts/places'
import { isUuid } from 'care-kernel/rest'
import type { FacilityRow } from './contract.ts'
import { FacilityFlag } from './models.ts'
import type { FacilityScope } from './services.ts'

/** `care-kernel facility …`: feature flags of facilities, which the API only reads (docs/api/facilities.md §9). */
export const commands: Readonly<Record<string, Command<FacilityScope>>> = {
  'facility list': {
    summary: 'print facilities with their ids',
    async run({ database }, args, options, terminal) {
      const { rows } = await database.query<{ line: string }>(
        `select f.external_id || '  ' || f.name || coalesce('  (' || d.name || ')', '') as line from facility_facility f left join ${DISTRICT} d on d.id = f.district_id where not f.deleted order by f.name, f.id`
      )
      for (const { line } of rows) terminal.print(line)
      return 0
    }
  },
  'facility flags': {
    summary: 'print the feature flags of a facility, after setting or removing some',
    usage: command => command.argument('<id>').option('--set <flag>', 'sets a flag').option('--unset <flag>', 'removes a flag'),
    async run(scope, [uuid = ''], { set, unset }, terminal) {
      const facility = isUuid(uuid) ? await scope.facilities.byUuid(scope.database, uuid) : undefined
      if (!facility) return wrong(terminal, `there is no facility ${uuid}`)
      if (typeof set === 'string' && !(await setFlag(scope, facility, set)))
        return wrong(terminal, `no plugin registers the flag ${set}; name it under plugins.facilities.flags`)
      if (typeof unset === 'string')
        await scope
          .repository(FacilityFlag)
          .deleteWhere(scope.database, { facility_id: facility.id, flag: unset, deleted: false })
      const { rows } = await scope.database.query<{ flag: string }>(
        'select flag from facility_facilityflag where facility_id = $1 and not deleted order by id',
        [facility.id]
      )
      for (const { flag } of rows) terminal.print(flag)
      return 0
    }
  }
}

/** Sets a flag; false when it is not registered. */
async function setFlag(
  { database, repository, 'auth-permissions': { flags } }: FacilityScope,
  { id }: FacilityRow,
  flag: string
): Promise<boolean> {
  try {
    flags.requireRegistered('FACILITY', flag)
  } catch {
    return false
  }
  await repository(FacilityFlag).insertMissing(database, [{ facility_id: id, flag }])
  return true
}

function wrong(terminal: Terminal, message: string): number {
  terminal.print(message)
  return 1
}
