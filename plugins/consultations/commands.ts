import { existsSync } from 'node:fs'
import type { Command, Database } from 'care-kernel'
import { importEntries, readEntries } from './icd-import.ts'

/** `care-kernel icd11 …` */
export const commands: Readonly<Record<string, Command<{ readonly database: Database }>>> = {
  'icd11 import': {
    summary: "add the entries of WHO's ICD-11 tabulation, or of the original's JSON file; all or nothing",
    usage: command =>
      command.argument('<file>', 'LinearizationMiniOutput-MMS-en.txt, SimpleTabulation-ICD-11-MMS-en.txt or icd11.json'),
    async run({ database }, [file = ''], options, terminal) {
      if (!existsSync(file)) {
        terminal.print(`there is no file ${file}`)
        return 1
      }
      let read = 0
      try {
        const added = await database.transaction(tx => importEntries(tx, readEntries(file), count => (read += count)))
        terminal.print(`${added} entries added, ${read - added} were there already`)
        return 0
      } catch (cause) {
        terminal.print(`${file}: ${cause instanceof Error ? cause.message : String(cause)}; nothing was added`)
        return 1
      }
    }
  }
}
