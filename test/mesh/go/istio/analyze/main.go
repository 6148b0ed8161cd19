// SPDX-License-Identifier: Apache-2.0

// Runs the analyzers of istioctl on each of the files given, with the kinds (Service, Deployment, Pod…) that `istioctl analyze`
// takes from a cluster only. Prints a line of JSON for each file: {"file", "messages": [{"analyzer", "code", "kind",
// "namespace", "name"}]}, or {"file", "error"}.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"istio.io/istio/pkg/config/analysis/analyzers"
	"istio.io/istio/pkg/config/analysis/local"
)

type message struct {
	Analyzer  string `json:"analyzer"`
	Code      string `json:"code"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

type verdict struct {
	File     string    `json:"file"`
	Messages []message `json:"messages"`
	Error    string    `json:"error,omitempty"`
}

func main() {
	out := json.NewEncoder(os.Stdout)
	for _, file := range os.Args[1:] {
		messages, err := analyze(file)
		result := verdict{File: file, Messages: messages}
		if err != nil {
			result.Error = err.Error()
		}
		if err := out.Encode(result); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func analyze(file string) ([]message, error) {
	reader, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	// No namespace means all of them; what names none has none.
	analyzer := local.NewSourceAnalyzer(analyzers.AllCombined(), "", "istio-system", nil)
	if err := analyzer.AddTestReaderKubeSource([]local.ReaderSource{{Name: file, Reader: reader}}); err != nil {
		return nil, err
	}
	if err := analyzer.AddDefaultResources(); err != nil {
		return nil, err
	}
	result, err := analyzer.Analyze(make(chan struct{}))
	if err != nil {
		return nil, err
	}
	messages := []message{}
	for name, found := range result.MappedMessages {
		for _, one := range found {
			entry := message{Analyzer: name, Code: one.Type.Code()}
			if one.Resource != nil {
				entry.Kind = one.Resource.Metadata.Schema.Kind()
				entry.Namespace = one.Resource.Metadata.FullName.Namespace.String()
				entry.Name = one.Resource.Metadata.FullName.Name.String()
			}
			messages = append(messages, entry)
		}
	}
	return messages, nil
}
