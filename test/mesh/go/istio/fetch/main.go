// SPDX-License-Identifier: Apache-2.0

// Fetches a Wasm module with the fetcher that Istio's agent has: an image's reference in, the module's octets into a file,
// the digest that WasmPlugin's sha256 is compared with on standard output.
package main

import (
	"context"
	"fmt"
	"os"

	"istio.io/istio/pkg/wasm"
)

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: fetch IMAGE FILE"))
	}
	fetcher := wasm.NewImageFetcher(context.Background(), wasm.ImageFetcherOption{})
	binaryOf, digest, err := fetcher.PrepareFetch(os.Args[1])
	if err != nil {
		fail(err)
	}
	module, err := binaryOf()
	if err != nil {
		fail(err)
	}
	if err := os.WriteFile(os.Args[2], module, 0o644); err != nil {
		fail(err)
	}
	fmt.Println(digest)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
