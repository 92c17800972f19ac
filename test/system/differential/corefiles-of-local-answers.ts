// corefiles-of-local-answers — ten of the twenty: answers made or changed by the server itself.

import type { Served } from './served.ts';

export const localAnswers: readonly Served[] = [
  {
    name: 'hosts',
    zones: ['example.com', 'intra.example', 'apps.example'],
    names: [
      ...[
        'wiki.intra.example',
        'git.intra.example',
        'both.intra.example',
        'a.apps.example',
        'b.a.apps.example',
      ],
      ...['inline.example', '30.100.51.198.in-addr.arpa', '40.100.51.198.in-addr.arpa'],
    ],
    corefile: `. {
    bind {$LISTEN}
    cache 30
    hosts {$FILES}/hosts {
        198.51.100.40 inline.example other.inline.example
        ttl 60
        fallthrough
    }
    forward . {$INTERNET}
}
`,
  },
  {
    name: 'hosts-for-some',
    zones: ['intra.example', 'example.com'],
    names: ['wiki.intra.example', 'both.intra.example', '30.100.51.198.in-addr.arpa', 'only.example'],
    corefile: `intra.example in-addr.arpa {
    bind {$LISTEN}
    hosts {$FILES}/hosts intra.example {
        no_reverse
        fallthrough intra.example
    }
    forward . {$INTERNET}
}
. {
    bind {$LISTEN}
    hosts {$FILES}/hosts {
        192.0.2.77 only.example
        fallthrough
    }
    forward . {$OTHER}
}
`,
  },
  {
    name: 'template-no-aaaa',
    zones: ['example.com', 'never.example'],
    corefile: `. {
    bind {$LISTEN}
    errors
    cache 30
    template IN AAAA {
        rcode NOERROR
    }
    forward . {$INTERNET}
}
never.example {
    bind {$LISTEN}
    template ANY AAAA {
        rcode NXDOMAIN
        authority "{{ .Zone }} 300 {{ .Class }} SOA ns.{{ .Zone }} root.{{ .Zone }} (1 3600 600 86400 120)"
    }
    template ANY ANY refused.never.example {
        rcode REFUSED
    }
    forward . {$INTERNET}
}
`,
  },
  {
    name: 'template-answers',
    zones: ['pods.example', 'example.com'],
    names: [
      'ip-10-1-2-3.pods.example',
      'ip-10-1-2-999.pods.example',
      'gw7.pods.example',
      'www.edge-3.pods.example',
    ],
    corefile: String.raw`pods.example {
    bind {$LISTEN}
    template IN A pods.example {
        match "^ip-(?P<a>\d+)-(?P<b>\d+)-(?P<c>\d+)-(?P<d>\d+)\.pods\.example\.$"
        answer "{{ .Name }} 60 IN A {{ .Group.a }}.{{ .Group.b }}.{{ .Group.c }}.{{ .Group.d }}"
        fallthrough
    }
    template IN A {
        match ^gw(?P<n>[0-9])[.]pods[.]example[.]$
        match (^|[.])edge-(?P<n>[0-9])[.]pods[.]example[.]$
        answer "{{ .Name }} 30 {{ .Class }} A 198.51.100.1{{ .Group.n }}"
        additional "ns.{{ .Zone }} 30 IN A 198.51.100.99"
        fallthrough
    }
    template IN TXT {
        answer "{{ .Name }} 15 {{ .Class }} {{ .Type }} \"zone {{ .Zone }}\""
    }
    forward . {$INTERNET}
}
`,
  },
  {
    name: 'rewrite-names',
    zones: ['old.example', 'new.example', 'example.com', 'global.example'],
    names: [
      'shop.example',
      'store.internal.example',
      'stage.example.com',
      'alias.old.example',
      'x12.num.example',
    ],
    corefile: String.raw`. {
    bind {$LISTEN}
    rewrite name exact shop.example store.internal.example
    rewrite name suffix .old.example .new.example answer auto
    rewrite name prefix stage. prod.
    rewrite name regex x([0-9]+)\.num\.example y{1}.num.example answer auto
    rewrite stop {
        name suffix .global.example .svc.cluster.local answer auto
    }
    cache 30
    forward . {$INTERNET}
}
`,
  },
  {
    name: 'rewrite-others',
    zones: ['example.com', 'short.example', 'long.example', 'code.example'],
    corefile: String.raw`. {
    bind {$LISTEN}
    rewrite continue ttl regex .*\.short\.example 5-10
    rewrite continue ttl suffix .long.example 3600
    rewrite type MX TXT
    rewrite class CH IN
    rewrite rcode suffix .code.example NXDOMAIN NOERROR
    forward . {$INTERNET}
}
`,
  },
  {
    name: 'acl',
    zones: ['example.com', 'secret.guarded.example', 'guarded.example'],
    clients: ['127.0.0.1', '127.0.2.1', '127.0.5.5', '127.1.1.1'],
    corefile: `. {
    bind {$LISTEN}
    acl {
        allow net 127.0.0.0/30
        filter type AAAA net 127.0.0.0/8
        block type TXT MX net *
        block net 127.0.2.0/24
    }
    cache 30
    forward . {$INTERNET}
}
guarded.example {
    bind {$LISTEN}
    acl secret.guarded.example {
        allow net 127.0.5.5
        block
    }
    forward . {$INTERNET}
}
`,
  },
  {
    name: 'dns64',
    zones: ['example.com', 'own.example', 'all.example'],
    corefile: `. {
    bind {$LISTEN}
    dns64 {
        allow_ipv4
    }
    cache 30
    forward . {$INTERNET}
}
own.example {
    bind {$LISTEN}
    dns64 2001:db8:64::/96
    forward . {$INTERNET}
}
all.example {
    bind {$LISTEN}
    dns64 {
        allow_ipv4
        translate_all
        prefix 2001:db8:77::/96
    }
    forward . {$INTERNET}
}
`,
  },
  {
    name: 'any-minimal-loadbalance-local',
    zones: ['example.com', 'full.example', 'localhost'],
    names: ['localhost', '1.0.0.127.in-addr.arpa', '0.0.127.in-addr.arpa', 'localhost.example.com'],
    corefile: `. {
    bind {$LISTEN}
    any
    local
    minimal
    loadbalance round_robin
    cache 30
    forward . {$INTERNET}
}
full.example {
    bind {$LISTEN}
    cache 30
    forward . {$INTERNET}
}
`,
  },
  {
    name: 'header-bufsize-nsid-whoami-chaos',
    zones: ['example.com', 'probe.example', 'flags.example'],
    names: ['version.bind', 'version.server', 'id.server', 'hostname.bind'],
    corefile: `. {
    bind {$LISTEN}
    bufsize 700
    nsid node seven
    chaos twindns-test you
    cache 30
    forward . {$INTERNET}
}
probe.example {
    bind {$LISTEN}
    whoami
}
flags.example {
    bind {$LISTEN}
    header {
        response set aa
        response clear ra
    }
    forward . {$INTERNET}
}
`,
  },
];
