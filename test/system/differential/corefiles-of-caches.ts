// corefiles-of-caches — ten of the twenty: zones, caches and forwards, as on nodes.

import type { Served } from './served.ts';

const everyday = ['example.com', 'cluster.local', '10.in-addr.arpa', 'ip6.arpa'];

export const cachesAndForwards: readonly Served[] = [
  {
    name: 'node-local-dns',
    zones: [...everyday, 'svc.cluster.local', 'default.svc.cluster.local'],
    corefile: `cluster.local:53 {
    errors
    cache {
        success 9984 30
        denial 9984 5
    }
    reload
    loop
    bind {$LISTEN}
    forward . {$CLUSTER} {
        force_tcp
    }
}
in-addr.arpa:53 ip6.arpa:53 {
    errors
    cache 30
    reload
    loop
    bind {$LISTEN}
    forward . {$CLUSTER} {
        force_tcp
    }
}
.:53 {
    errors
    cache 30
    reload
    loop
    bind {$LISTEN}
    forward . {$INTERNET}
}
`,
  },
  {
    name: 'stub-domains',
    zones: [
      'acme.example',
      'deep.acme.example',
      'corp.example',
      '7.0.10.in-addr.arpa',
      'example.org',
      'example',
    ],
    corefile: `(stub) {
    bind {$LISTEN}
    errors
    cache 30
}
acme.example:53 {
    import stub
    forward . {$CLUSTER}
}
corp.example:53 10.0.0.0/20 {
    import stub
    forward . {$OTHER}
}
.:53 {
    import stub
    forward . {$INTERNET}
}
`,
  },
  {
    name: 'cache-bare',
    zones: everyday,
    corefile: `. {
    bind {$LISTEN}
    cache
    forward . {$INTERNET}
}
`,
  },
  {
    name: 'cache-limits',
    zones: ['example.com', 'kept.example', 'never.example'],
    corefile: `. {
    bind {$LISTEN}
    cache 60 example.com kept.example {
        success 2048 40 20
        denial 1024 20 10
        prefetch 2 1m 20%
        servfail 2s
        keepttl
    }
    forward . {$INTERNET}
}
`,
  },
  {
    name: 'cache-disabled',
    zones: ['example.com', 'fresh.example', 'absent.example'],
    corefile: `. {
    bind {$LISTEN}
    cache 30 {
        disable success fresh.example
        disable denial absent.example
        serve_stale 1h immediate
    }
    forward . {$INTERNET}
}
`,
  },
  {
    name: 'no-cache',
    zones: everyday,
    corefile: `. {
    bind {$LISTEN}
    errors
    log . {
        class error
    }
    forward . {$INTERNET}
}
`,
  },
  {
    name: 'forwards',
    zones: ['example.com', 'cluster.local', 'inner.example.com', 'out.cluster.local', 'other.example'],
    corefile: `. {
    bind {$LISTEN}
    cache 30
    forward cluster.local {$CLUSTER} {
        except out.cluster.local
        max_concurrent 1000
    }
    forward inner.example.com {$OTHER} {
        prefer_udp
    }
    forward . {$INTERNET} {
        except other.example
        max_fails 0
    }
}
`,
  },
  {
    name: 'forward-policies',
    zones: ['example.com', 'one.example', 'two.example'],
    corefile: `one.example {
    bind {$LISTEN}
    forward . {$OTHER} {$INTERNET} {
        policy sequential
        health_check 1s
    }
}
two.example {
    bind {$LISTEN}
    cache 10
    forward two.example {$OTHER} {
        force_tcp
        expire 20s
        policy round_robin
    }
}
. {
    bind {$LISTEN}
    forward . {$INTERNET} {
        policy random
    }
}
`,
  },
  {
    name: 'ports-and-nested-zones',
    zones: ['example.com', 'a.example.com', 'b.a.example.com', 'xa.example.com', 'else.example'],
    ports: [53, 5353],
    corefile: `example.com:53 example.com:5353 {
    bind {$LISTEN}
    cache 30
    forward . {$INTERNET}
}
a.example.com {
    bind {$LISTEN}
    forward . {$OTHER}
}
b.a.example.com:5353 {
    bind {$LISTEN}
    forward . {$CLUSTER}
}
`,
  },
  {
    name: 'views',
    zones: ['example.com', 'lab.example'],
    clients: ['127.0.0.1', '127.0.3.1', '127.0.4.1'],
    corefile: `. {
    bind {$LISTEN}
    view lab {
        expr incidr(client_ip(), '127.0.3.0/24') && type() in ['A', 'AAAA', 'TXT']
    }
    cache 30
    forward . {$OTHER}
}
. {
    bind {$LISTEN}
    view named {
        expr name() endsWith 'lab.example.' || proto() == 'tcp'
    }
    forward . {$CLUSTER}
}
. {
    bind {$LISTEN}
    cache 30
    forward . {$INTERNET}
}
`,
  },
];
