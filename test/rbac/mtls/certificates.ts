import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate and its key, in PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** Whether there is an openssl to make certificates with. */
export function hasOpenssl(): boolean {
  try {
    openssl(["version"]);
    return true;
  } catch {
    return false;
  }
}

/** A certificate authority of its own, gone when it is closed. */
export class Authority {
  readonly #dir = mkdtempSync(join(tmpdir(), "tremula-mtls-"));
  readonly certificate: string;
  #serial = 1;

  constructor() {
    this.#key("ca");
    const args = [
      "-key",
      this.#path("ca.key"),
      "-subj",
      "/CN=test authority",
      "-days",
      "30",
      "-out",
      this.#path("ca.pem"),
    ];
    openssl(["req", "-x509", "-new", ...args]);
    this.certificate = readFileSync(this.#path("ca.pem"), "utf8");
  }

  /**
   * @param subject as openssl's -subj, such as `/O=Acme/CN=client`; `/` for none
   * @param names subject alternative names in openssl's form, such as `URI:spiffe://a/b`; none for no such extension
   */
  issue(subject: string, names: readonly string[]): Identity {
    const name = `leaf${this.#serial}`;
    const key = this.#key(name);
    openssl([
      "req",
      "-new",
      "-utf8",
      "-key",
      this.#path(`${name}.key`),
      "-subj",
      subject,
      "-out",
      this.#path(`${name}.csr`),
    ]);
    const sections = names.map(
      (one, index) => `${one.slice(0, one.indexOf(":"))}.${index + 1} = ${one.slice(one.indexOf(":") + 1)}`,
    );
    const alternatives = names.length > 0 ? `subjectAltName = @names\n[names]\n${sections.join("\n")}\n` : "";
    writeFileSync(this.#path("ext"), `extendedKeyUsage = clientAuth, serverAuth\n${alternatives}`);
    openssl([
      ...[
        "x509",
        "-req",
        "-in",
        this.#path(`${name}.csr`),
        "-CA",
        this.#path("ca.pem"),
        "-CAkey",
        this.#path("ca.key"),
      ],
      ...[
        "-set_serial",
        String(++this.#serial),
        "-days",
        "30",
        "-extfile",
        this.#path("ext"),
        "-out",
        this.#path(`${name}.pem`),
      ],
    ]);
    return { key, cert: readFileSync(this.#path(`${name}.pem`), "utf8") };
  }

  close(): void {
    rmSync(this.#dir, { recursive: true });
  }

  #key(name: string): string {
    openssl(["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", this.#path(`${name}.key`)]);
    return readFileSync(this.#path(`${name}.key`), "utf8");
  }

  #path(name: string): string {
    return join(this.#dir, name);
  }
}

function openssl(args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}
