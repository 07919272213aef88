import { readConfig } from '../../../kernel/config/read.ts'
import type { Problem } from '../../../kernel/plugin/problems.ts'
import { planCare } from '../../care-kernel.ts'
import { planDeployment } from '../open.ts'
import { diffPlans, renderPlan } from '../plan-text.ts'
import type { CliCommand } from '../command.ts'

/** Everything that would be mounted; touches no network. */
export const planCommand: CliCommand = {
  name: 'plan',
  summary: 'print everything this config would mount',
  usage: command => command.option('--json', 'as JSON').option('--diff <file>', 'what changes against another config'),
  async run(cli, args, options) {
    const { terminal, env } = cli
    const { plan } = await planDeployment(cli)
    if (typeof options.diff === 'string') {
      const problems: Problem[] = []
      const other = await planCare({ raw: readConfig(options.diff, env, problems) }, { problems })
      terminal.print(diffPlans(plan, other.plan))
    } else terminal.print(options.json ? JSON.stringify(plan, null, 2) : renderPlan(plan))
    return 0
  }
}
