import { writeFile } from 'node:fs/promises'
import type { Command } from 'care-kernel'
import { pair, pairs, table, text, type Document } from './blocks.ts'
import type { SummaryScope } from './services.ts'
import { BrokenTemplate } from './typesetter.ts'

/** Made-up data, for authors of templates. */
const SAMPLE: Document = {
  title: 'Patient Discharge Summary',
  created: 'Oct. 9, 2024, 3:41 p.m.',
  running: 'Asha Menon · IP No 193',
  facility: {
    name: 'General Hospital',
    short: 'General Hospital',
    lines: ['Hospital Road 682011', 'Ernakulam, Kerala · +914842361251']
  },
  patient: [pair('Full name', 'Asha Menon'), pair('Age', '34 years'), pair('Address', '12 Palm Grove, Kaloor', true)],
  sections: [
    {
      title: 'Admission Details',
      blocks: [
        pairs([pair('Admitted To', 'Regular'), pair('IP No', '193')]),
        ...text('Course in the Facility', 'Came with fever, left without. हिन्दी മലയാളം தமிழ்'),
        ...table('Vital Signs', { Sign: 2, First: 1, Last: 1 }, [['Temperature', '102.2 °F', '98.4 °F']])
      ]
    }
  ],
  signatures: [{ name: 'Ravi Nair', role: 'Treating Physician: signature, date and stamp' }]
}

/** `care-kernel discharge-summary sample`. */
export const commands: Readonly<Record<string, Command<SummaryScope>>> = {
  'discharge-summary sample': {
    summary: "write a made-up summary in this deployment's template, and say what is wrong with the template",
    usage: command => void command.argument('<file>', 'where the PDF goes'),
    async run({ clock, typesetter }, [file = 'sample.pdf'], _options, terminal) {
      try {
        const { pdf, pages, archival } = await typesetter.typeset(SAMPLE, clock.now())
        await writeFile(file, pdf)
        terminal.print(`${file}: ${pages} ${pages === 1 ? 'page' : 'pages'}, ${pdf.length} bytes${archival ? ', PDF/A-2u' : ''}`)
        if (!archival)
          terminal.print(
            'Some scripts have no font here, and are empty boxes: install fonts, or set plugins.discharge-summary.fonts.'
          )
        return 0
      } catch (error) {
        if (!(error instanceof BrokenTemplate)) throw error
        for (const line of error.diagnostics) terminal.print(line)
        return 1
      }
    }
  }
}
