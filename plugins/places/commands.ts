import { readFileSync } from 'node:fs'
import type { Command } from 'care-kernel'
import type { PlacesScope } from './services.ts'

/** The file of `place load`: names of states and of their districts; districts as a list or separated by commas. */
type StatesAndDistricts = readonly { readonly state: string; readonly districts: readonly string[] | string }[]

/** `care-kernel place …`: lists, adds and loads places (docs/api/auth-users.md §3.11). */
export const commands: Readonly<Record<string, Command<PlacesScope>>> = {
  'place list': {
    summary: 'print states, districts and how much they hold',
    async run({ database }, args, options, terminal) {
      const { rows } = await database.query<{
        line: string
      }>(`select s.id || '  ' || s.name || coalesce('  ' || d.id || '  ' || d.name || '  (' || (select count(*) from users_localbody l where l.district_id = d.id) || ' local bodies)', '') as line
        from users_state s left join users_district d on d.state_id = s.id order by s.name, d.name`)
      for (const { line } of rows) terminal.print(line)
      return 0
    }
  },
  'place add': {
    summary: 'add a place and those above it that are missing',
    usage: command =>
      command
        .argument('<state>')
        .argument('[district]')
        .argument('[local-body]')
        .argument('[ward]')
        .option('--code <code>', 'code of the local body; its first letter says its kind')
        .option('--number <number>', 'number of the ward', '0'),
    async run({ placeNames }, [state = '', district, localBody, ward], { code, number }, terminal) {
      const path = await placeNames.change(async tx => {
        const ids = [await placeNames.state(tx, state)]
        if (district) ids.push(await placeNames.district(tx, ids[0] ?? 0, district))
        if (localBody) ids.push(await placeNames.localBody(tx, ids[1] ?? 0, localBody, code as string | undefined))
        if (ward) ids.push(await placeNames.ward(tx, ids[2] ?? 0, ward, /^\d+$/.test(String(number)) ? Number(number) : 0))
        return ids
      })
      terminal.print(`id ${path.at(-1)}`)
      return 0
    }
  },
  'place load': {
    summary: 'load states and districts from a JSON list of { state, districts }',
    usage: command => command.argument('<file>'),
    async run({ placeNames }, [file = ''], options, terminal) {
      const list = readStates(file)
      const count = await terminal.progress('loading', list.length, advance =>
        placeNames.change(async tx => {
          let districts = 0
          for (const { state, districts: names } of list) {
            const id = await placeNames.state(tx, state)
            for (const name of typeof names === 'string'
              ? names
                  .split(',')
                  .map(part => part.trim())
                  .filter(Boolean)
              : names)
              districts += (await placeNames.district(tx, id, name)) ? 1 : 0
            advance()
          }
          return districts
        })
      )
      terminal.print(`${list.length} states, ${count} districts`)
      return 0
    }
  }
}

function readStates(file: string): StatesAndDistricts {
  const parsed = JSON.parse(readFileSync(file, 'utf8')) as unknown
  const list = Array.isArray(parsed) ? parsed : (parsed as { states?: unknown }).states
  const fits =
    Array.isArray(list) &&
    list.every(
      (entry: unknown) =>
        typeof (entry as { state?: unknown }).state === 'string' &&
        ['string', 'object'].includes(typeof (entry as { districts?: unknown }).districts)
    )
  if (!fits) throw new Error(`${file} is not a list of { "state": name, "districts": [names] }`)
  return list as StatesAndDistricts
}
