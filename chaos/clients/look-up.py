# look-up: asks dnspython for the addresses of each name it reads, a line each; answers with a line of JSON.
import json
import sys

import dns.resolver

resolver = dns.resolver.Resolver()
for line in iter(sys.stdin.readline, ""):
    try:
        found = resolver.resolve(line.strip(), "A", tcp="tcp" in sys.argv)
        said = [one.address for one in found]
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        said = {"error": "none"}
    except Exception as error:
        said = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(said), flush=True)
