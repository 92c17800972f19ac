// bash — completion for bash, which needs nothing of the package bash-completion.

import type { CommandLine, OptionText, ProgramText, Value } from '../program-text.ts';

export function bashScript({ name, options, commands }: ProgramText): string {
  const values = commands.flatMap((command) => valueCases(name, command));
  return `# Completion of ${name} for bash.

_${name}_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2"); }
_${name}_paths() {
    compopt -o filenames 2> /dev/null
    mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

_${name}() {
    local cur=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} command='' i
    COMPREPLY=()
    # bash cuts a word at each =, so an option and its value may come as three.
    if [[ $cur == = ]]; then
        cur=''
    elif [[ $before == = ]]; then
        before=\${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ \${COMP_WORDS[i]} != -* ]]; then
            command=\${COMP_WORDS[i]}
            break
        fi
    done
    case "$command $before" in
${values.join('\n')}
    esac
    case "$command $cur" in
        ' -'*) _${name}_words '${flagsOf(options).join(' ')}' "$cur" ;;
        ' '*) _${name}_words '${commands.map((command) => command.name).join(' ')}' "$cur" ;;
${commands.flatMap((command) => wordCases(name, command)).join('\n')}
    esac
}

complete -F _${name} ${name}
`;
}

// ---------------------------------------------------------------------------------------------------------------------

/** Behind an option that takes a value; where nothing is known of it nothing is offered, not even an option. */
function valueCases(name: string, { name: command, options }: CommandLine): string[] {
  const byOffer = new Map<string, string[]>();
  for (const { long, value } of options.filter(({ placeholder }) => placeholder !== undefined)) {
    const told = offer(name, value);
    byOffer.set(told, [...(byOffer.get(told) ?? []), `'${command} ${long}'`]);
  }
  return [...byOffer].map(([told, patterns]) => `        ${patterns.join(' | ')}) ${told}return ;;`);
}

function wordCases(name: string, { name: command, arguments: [argument], options }: CommandLine): string[] {
  const flags = flagsOf(options);
  const told = argument === undefined ? '' : offer(name, argument.value);
  return [
    ...(flags.length > 0 ? [`        '${command} -'*) _${name}_words '${flags.join(' ')}' "$cur" ;;`] : []),
    ...(told === '' ? [] : [`        '${command} '*) ${told.replace(/; $/, '')} ;;`]),
    ...(told === '' && flags.length > 0
      ? [`        '${command} ') _${name}_words '${flags.join(' ')}' "$cur" ;;`]
      : []),
  ];
}

function offer(name: string, { kind, choices }: Value): string {
  switch (kind) {
    case 'choice':
      return `_${name}_words '${choices.join(' ')}' "$cur"; `;
    case 'file':
      return `_${name}_paths -f "$cur"; `;
    case 'directory':
      return `_${name}_paths -d "$cur"; `;
    case 'text':
      return '';
  }
}

function flagsOf(options: readonly OptionText[]): string[] {
  return options.flatMap(({ long, negative }) => (negative === undefined ? [long] : [long, negative]));
}
