import type { Command } from 'care-kernel'
import { isDate } from 'care-kernel/rest'
import { KIND_NAMES, KINDS } from './kinds.ts'
import type { SummaryScope } from './services.ts'

/** `care-kernel summaries run`: writes the summaries of one day without the schedules. */
export const commands: Readonly<Record<string, Command<SummaryScope>>> = {
  'summaries run': {
    summary: 'write every summary of today, or of a past day as things stand now',
    usage: command =>
      command
        .option('--date <YYYY-MM-DD>', 'the day')
        .option('--only <path>', `one of ${KIND_NAMES.map(name => KINDS[name].path).join(', ')}`),
    async run({ clock, database, deployment, summaries }, args, { date, only }, terminal) {
      const today = new Intl.DateTimeFormat('en-CA', { timeZone: deployment.timeZone }).format(clock.now())
      if (typeof date === 'string' && (!isDate(date) || date > today)) {
        terminal.print(`--date is a day up to today, ${today}: ${date}`)
        return 2
      }
      const chosen = KIND_NAMES.filter(name => only === undefined || KINDS[name].path === only)
      if (chosen.length === 0) {
        terminal.print(`there is no summary ${String(only)}`)
        return 2
      }
      // Today is passed as null, because it begins later for kinds whose day is in UTC.
      const day = typeof date === 'string' && date < today ? date : null
      for (const name of chosen) {
        const rows = await database.transaction(tx => summaries.write(tx, name, day))
        terminal.print(`${KINDS[name].path}: ${rows} rows written`)
      }
      return 0
    }
  }
}
