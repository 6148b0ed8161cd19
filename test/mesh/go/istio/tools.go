//go:build tools

// SPDX-License-Identifier: Apache-2.0

package istio

import _ "istio.io/istio/istioctl/cmd/istioctl"
