//go:build tools

// SPDX-License-Identifier: Apache-2.0

// Package gateway pins the Envoy Gateway that our images and policies are tried with.
package gateway

import _ "github.com/envoyproxy/gateway/cmd/envoy-gateway"
