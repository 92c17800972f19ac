// look-up — asks Go's own resolver for the addresses of each name it reads, a line each; answers with a line of JSON.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
)

func main() {
	resolver := &net.Resolver{PreferGo: true}
	for names := bufio.NewScanner(os.Stdin); names.Scan(); {
		addresses, err := resolver.LookupIP(context.Background(), "ip4", names.Text())
		var refused *net.DNSError
		switch {
		case err == nil:
			text, _ := json.Marshal(addresses)
			fmt.Println(string(text))
		case errors.As(err, &refused) && refused.IsNotFound:
			fmt.Println(`{"error":"none"}`)
		default:
			text, _ := json.Marshal(map[string]string{"error": err.Error()})
			fmt.Println(string(text))
		}
	}
}
