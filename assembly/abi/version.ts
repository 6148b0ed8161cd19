// SPDX-License-Identifier: Apache-2.0

/** Never called: the host looks for the name among the exports to learn which ABI the module speaks. */
export function proxy_abi_version_0_2_1(): void {}
