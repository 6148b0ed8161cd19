import { describe, expect, test } from "vitest-pool-assemblyscript/assembly";
import { Bytes } from "../../assembly/text/bytes";
import { ByteWriter } from "../../assembly/text/writer";

/** A view in the middle of other octets, which must not matter. */
function inside(text: string): Bytes {
  const around = Bytes.fromString("<" + text + ">");
  return around.slice(1, -1);
}

/** What outlives a collection, which spares nothing that only a function knows. */
const kept: Array<Bytes> = [];

function text(bytes: Bytes): string {
  return bytes.toString();
}

describe("at", () => {
  test("an octet inside the view reads as itself", () => {
    const bytes = inside("a\u00ff");
    expect(bytes.at(0)).toBe(0x61);
    expect(bytes.at(1)).toBe(0xc3);
    expect(bytes.at(2)).toBe(0xbf);
  });

  test("any index outside the view reads as -1", () => {
    const bytes = inside("abc");
    expect(bytes.at(3)).toBe(-1);
    expect(bytes.at(-1)).toBe(-1);
    expect(bytes.at(i32.MAX_VALUE)).toBe(-1);
    expect(bytes.at(i32.MIN_VALUE)).toBe(-1);
    expect(Bytes.EMPTY.at(0)).toBe(-1);
  });
});

describe("slice", () => {
  test("takes the octets from start up to end", () => {
    expect(text(inside("abcdef").slice(1, 4))).toBe("bcd");
    expect(text(inside("abcdef").slice(2))).toBe("cdef");
    expect(text(inside("abcdef").slice(0, 0))).toBe("");
  });

  test("counts negative indexes from the end", () => {
    expect(text(inside("abcdef").slice(-2))).toBe("ef");
    expect(text(inside("abcdef").slice(1, -1))).toBe("bcde");
    expect(text(inside("abcdef").slice(-4, -2))).toBe("cd");
  });

  test("clamps what lies outside the view", () => {
    const bytes = inside("abc");
    expect(text(bytes.slice(-100, 100))).toBe("abc");
    expect(text(bytes.slice(i32.MIN_VALUE, i32.MAX_VALUE))).toBe("abc");
    expect(text(bytes.slice(i32.MIN_VALUE, i32.MIN_VALUE))).toBe("");
    expect(text(bytes.slice(i32.MAX_VALUE))).toBe("");
    expect(text(bytes.slice(3))).toBe("");
    expect(text(bytes.slice(4))).toBe("");
    expect(text(bytes.slice(2, 1))).toBe("");
    expect(text(bytes.slice(-1, 0))).toBe("");
    expect(text(Bytes.EMPTY.slice(-1, 1))).toBe("");
  });

  test("copies nothing and keeps the memory of the whole alive", () => {
    for (let i = 0; i < 100; i++) kept.push(Bytes.fromString("some octets " + i.toString()).slice(12));
    __collect();
    for (let i = 0; i < 1000; i++) Bytes.fromString("other octets that come after");
    for (let i = 0; i < 100; i++) expect(text(kept[i])).toBe(i.toString());
    const whole = Bytes.fromString("abc");
    expect(whole.slice(1).ptr).toBe(whole.ptr + 1);
  });

  test("of a slice is a slice of the whole", () => {
    expect(text(inside("abcdef").slice(1).slice(1, -1).slice(-2))).toBe("de");
  });
});

describe("equals", () => {
  test("compares octets, with strings in their UTF-8 form", () => {
    expect(inside("caf\u00e9").equals("caf\u00e9")).toBeTruthy();
    expect(inside("caf\u00e9").equals("cafe")).toBeFalsy();
    expect(inside("abc").equals(inside("abc"))).toBeTruthy();
    expect(inside("abc").equals("ab")).toBeFalsy();
    expect(inside("ab").equals("abc")).toBeFalsy();
    expect(inside("").equals("")).toBeTruthy();
    expect(inside("a\0b").equals("a\0c")).toBeFalsy();
  });

  test("sees a difference in any octet of long views", () => {
    const one = "0123456789".repeat(10);
    for (let i = 0; i < 100; i++) {
      const other = one.substring(0, i) + "x" + one.substring(i + 1);
      expect(inside(one).equals(inside(other))).toBeFalsy();
      expect(inside(one).equals(other)).toBeFalsy();
    }
    expect(inside(one).equals(one)).toBeTruthy();
  });

  test("ignoring case takes ASCII letters of either case as the same, and nothing else", () => {
    expect(inside("Content-Type").equalsIgnoreCase("cONTENT-tYPE")).toBeTruthy();
    expect(inside("az").equalsIgnoreCase("AZ")).toBeTruthy();
    expect(inside("@[").equalsIgnoreCase("`{")).toBeFalsy();
    expect(inside("[").equalsIgnoreCase("{")).toBeFalsy();
    expect(inside("\u00e9").equalsIgnoreCase("\u00c9")).toBeFalsy();
    expect(inside("k").equalsIgnoreCase("\u212a")).toBeFalsy();
    expect(inside("ab").equalsIgnoreCase("a")).toBeFalsy();
    for (let a = 0; a < 256; a++) {
      const one = new ArrayBuffer(1);
      const other = new ArrayBuffer(1);
      store<u8>(changetype<usize>(one), <u8>a);
      store<u8>(changetype<usize>(other), <u8>(a ^ 0x20));
      const isLetter = (a | 0x20) >= 0x61 && (a | 0x20) <= 0x7a;
      expect(Bytes.fromBuffer(one).equalsIgnoreCase(Bytes.fromBuffer(other))).toBe(isLetter);
    }
  });
});

describe("startsWith and endsWith", () => {
  test("compare the ends of the view", () => {
    expect(inside("/api/v1").startsWith("/api")).toBeTruthy();
    expect(inside("/api/v1").startsWith("/apj")).toBeFalsy();
    expect(inside("/api/v1").endsWith("v1")).toBeTruthy();
    expect(inside("/api/v1").endsWith("v2")).toBeFalsy();
    expect(inside("/api").startsWith("/api")).toBeTruthy();
    expect(inside("/api").endsWith("/api")).toBeTruthy();
  });

  test("look at nothing outside the view", () => {
    expect(inside("abc").startsWith("abc>")).toBeFalsy();
    expect(inside("abc").endsWith("<abc")).toBeFalsy();
    expect(Bytes.EMPTY.startsWith("a")).toBeFalsy();
    expect(Bytes.EMPTY.endsWith("a")).toBeFalsy();
  });

  test("are true of nothing", () => {
    expect(inside("abc").startsWith("")).toBeTruthy();
    expect(inside("abc").endsWith("")).toBeTruthy();
    expect(Bytes.EMPTY.startsWith("")).toBeTruthy();
    expect(Bytes.EMPTY.endsWith("")).toBeTruthy();
  });
});

describe("indexOf", () => {
  test("finds the first place at or after from", () => {
    const bytes = inside("abcabc");
    expect(bytes.indexOf("bc")).toBe(1);
    expect(bytes.indexOf("bc", 1)).toBe(1);
    expect(bytes.indexOf("bc", 2)).toBe(4);
    expect(bytes.indexOf("bc", 5)).toBe(-1);
    expect(bytes.indexOf("abcabc")).toBe(0);
    expect(bytes.indexOf("x")).toBe(-1);
    expect(inside("aaab").indexOf("aab")).toBe(1);
  });

  test("looks at nothing outside the view", () => {
    expect(inside("ab").indexOf("b>")).toBe(-1);
    expect(inside("ab").indexOf("<a")).toBe(-1);
    expect(inside("ab").indexOf("abcdef")).toBe(-1);
    expect(Bytes.EMPTY.indexOf("a")).toBe(-1);
  });

  test("takes any from", () => {
    expect(inside("ab").indexOf("a", -5)).toBe(0);
    expect(inside("ab").indexOf("a", i32.MIN_VALUE)).toBe(0);
    expect(inside("ab").indexOf("b", 2)).toBe(-1);
    expect(inside("ab").indexOf("b", i32.MAX_VALUE)).toBe(-1);
  });

  test("finds nothing everywhere, the end included", () => {
    expect(inside("ab").indexOf("")).toBe(0);
    expect(inside("ab").indexOf("", 2)).toBe(2);
    expect(inside("ab").indexOf("", 3)).toBe(-1);
  });

  test("of a byte finds octets, of whatever value", () => {
    expect(inside("abca").indexOfByte(0x61)).toBe(0);
    expect(inside("abca").indexOfByte(0x61, 1)).toBe(3);
    expect(inside("abca").indexOfByte(0x61, -1)).toBe(0);
    expect(inside("abca").indexOfByte(0x61, 4)).toBe(-1);
    expect(inside("ab").indexOfByte(0x3e)).toBe(-1);
    expect(inside("\u00ff").indexOfByte(0xbf)).toBe(1);
    expect(inside("ab").indexOfByte(0x161)).toBe(-1);
    expect(inside("ab").indexOfByte(-1)).toBe(-1);
  });
});

describe("compare", () => {
  test("orders as octets are ordered", () => {
    expect(inside("a").compare("b")).toBeLessThan(0);
    expect(inside("b").compare("a")).toBeGreaterThan(0);
    expect(inside("ab").compare("ab")).toBe(0);
    expect(inside("z").compare("\u00e9")).toBeLessThan(0);
  });

  test("puts a prefix first", () => {
    expect(inside("ab").compare("abc")).toBeLessThan(0);
    expect(inside("abc").compare("ab")).toBeGreaterThan(0);
    expect(Bytes.EMPTY.compare("a")).toBeLessThan(0);
    expect(Bytes.EMPTY.compare("")).toBe(0);
  });
});

describe("trim", () => {
  test("takes spaces and tabs from both ends", () => {
    expect(text(inside(" \t a b\t ").trim())).toBe("a b");
    expect(text(inside("ab").trim())).toBe("ab");
  });

  test("leaves line ends and other white space", () => {
    expect(text(inside("\r\n\u00a0").trim())).toBe("\r\n\u00a0");
  });

  test("of blanks alone is empty", () => {
    expect(inside(" \t ").trim().length).toBe(0);
    expect(inside("").trim().length).toBe(0);
  });
});

describe("copies", () => {
  test("have memory of their own", () => {
    const original = Bytes.fromString("abc");
    const copied = original.copy();
    store<u8>(original.ptr, 0x78);
    expect(text(copied)).toBe("abc");
    expect(text(original)).toBe("xbc");
    expect(Bytes.EMPTY.copy().length).toBe(0);
  });

  test("concat puts both one after the other", () => {
    expect(text(inside("ab").concat("cd"))).toBe("abcd");
    expect(text(inside("ab").concat(inside("\u00e9")))).toBe("ab\u00e9");
    expect(text(Bytes.EMPTY.concat("a"))).toBe("a");
    expect(text(inside("a").concat(""))).toBe("a");
  });

  test("new memory is zero, and of the size that was asked for", () => {
    for (let i = 0; i < 50; i++) {
      const dirty = Bytes.allocate(40);
      for (let j = 0; j < 40; j++) {
        expect(dirty.at(j)).toBe(0);
        store<u8>(dirty.ptr + j, 0xff);
      }
      __collect();
    }
    expect(Bytes.allocate(0).length).toBe(0);
  });
});

describe("views", () => {
  test("say whether they are empty", () => {
    expect(Bytes.EMPTY.isEmpty).toBeTruthy();
    expect(inside("").isEmpty).toBeTruthy();
    expect(inside(" ").isEmpty).toBeFalsy();
  });

  test("of strings are their UTF-8 form", () => {
    expect(Bytes.fromString("\u00e9\ud83d\ude00").length).toBe(6);
    expect(text(Bytes.fromString("\u00e9\ud83d\ude00"))).toBe("\u00e9\ud83d\ude00");
    expect(Bytes.fromString("").length).toBe(0);
    expect(Bytes.fromString("a\0b").length).toBe(3);
  });

  test("of a buffer are not copies", () => {
    const buffer = new ArrayBuffer(2);
    const bytes = Bytes.fromBuffer(buffer);
    store<u8>(changetype<usize>(buffer), 0x61, 1);
    expect(bytes.at(1)).toBe(0x61);
    expect(bytes.length).toBe(2);
  });

  test("are given to functions as they are", () => {
    const bytes = inside("abc");
    expect(Bytes.of(bytes) === bytes).toBeTruthy();
    expect(text(Bytes.of(new ByteWriter().write("ab").write("c")))).toBe("abc");
  });

  test("that are no UTF-8 still make text", () => {
    const bytes = Bytes.fromString("abc");
    store<u8>(bytes.ptr, 0xff, 1);
    expect(text(bytes)).toBe("a\ufffdc");
  });
});

const LITERALS: StaticArray<string> = [
  "k0",
  "k1",
  "k2",
  "k3",
  "k4",
  "k5",
  "k6",
  "k7",
  "k8",
  "k9",
  "k10",
  "k11",
  "k12",
  "k13",
  "k14",
  "k15",
  "k16",
  "k17",
  "k18",
  "k19",
  "k20",
  "k21",
  "k22",
  "k23",
  "k24",
  "k25",
  "k26",
  "k27",
  "k28",
  "k29",
  "k30",
  "k31",
  "k32",
  "k33",
  "k34",
  "k35",
  "k36",
  "k37",
  "k38",
  "k39",
  "k40",
  "k41",
  "k42",
  "k43",
  "k44",
  "k45",
  "k46",
  "k47",
  "k48",
  "k49",
  "k50",
  "k51",
  "k52",
  "k53",
  "k54",
  "k55",
  "k56",
  "k57",
  "k58",
  "k59",
  "k60",
  "k61",
  "k62",
  "k63",
  "k64",
  "k65",
  "k66",
  "k67",
  "k68",
  "k69",
  "k70",
  "k71",
  "k72",
  "k73",
  "k74",
  "k75",
  "k76",
  "k77",
  "k78",
  "k79",
  "k80",
  "k81",
  "k82",
  "k83",
  "k84",
  "k85",
  "k86",
  "k87",
  "k88",
  "k89",
  "k90",
  "k91",
  "k92",
  "k93",
  "k94",
  "k95",
  "k96",
  "k97",
  "k98",
  "k99",
  "k100",
  "k101",
  "k102",
  "k103",
  "k104",
  "k105",
  "k106",
  "k107",
  "k108",
  "k109",
  "k110",
  "k111",
  "k112",
  "k113",
  "k114",
  "k115",
  "k116",
  "k117",
  "k118",
  "k119",
  "k120",
  "k121",
  "k122",
  "k123",
  "k124",
  "k125",
  "k126",
  "k127",
  "k128",
  "k129",
  "k130",
  "k131",
  "k132",
  "k133",
  "k134",
  "k135",
  "k136",
  "k137",
  "k138",
  "k139",
  "k140",
  "k141",
  "k142",
  "k143",
  "k144",
  "k145",
  "k146",
  "k147",
  "k148",
  "k149",
  "k150",
  "k151",
  "k152",
  "k153",
  "k154",
  "k155",
  "k156",
  "k157",
  "k158",
  "k159",
  "k160",
  "k161",
  "k162",
  "k163",
  "k164",
  "k165",
  "k166",
  "k167",
  "k168",
  "k169",
  "k170",
  "k171",
  "k172",
  "k173",
  "k174",
  "k175",
  "k176",
  "k177",
  "k178",
  "k179",
  "k180",
  "k181",
  "k182",
  "k183",
  "k184",
  "k185",
  "k186",
  "k187",
  "k188",
  "k189",
  "k190",
  "k191",
  "k192",
  "k193",
  "k194",
  "k195",
  "k196",
  "k197",
  "k198",
  "k199",
  "k200",
  "k201",
  "k202",
  "k203",
  "k204",
  "k205",
  "k206",
  "k207",
  "k208",
  "k209",
  "k210",
  "k211",
  "k212",
  "k213",
  "k214",
  "k215",
  "k216",
  "k217",
  "k218",
  "k219",
  "k220",
  "k221",
  "k222",
  "k223",
  "k224",
  "k225",
  "k226",
  "k227",
  "k228",
  "k229",
  "k230",
  "k231",
  "k232",
  "k233",
  "k234",
  "k235",
  "k236",
  "k237",
  "k238",
  "k239",
  "k240",
  "k241",
  "k242",
  "k243",
  "k244",
  "k245",
  "k246",
  "k247",
  "k248",
  "k249",
  "k250",
  "k251",
  "k252",
  "k253",
  "k254",
  "k255",
  "k256",
  "k257",
  "k258",
  "k259",
  "k260",
  "k261",
  "k262",
  "k263",
  "k264",
  "k265",
  "k266",
  "k267",
  "k268",
  "k269",
  "k270",
  "k271",
  "k272",
  "k273",
  "k274",
  "k275",
  "k276",
  "k277",
  "k278",
  "k279",
  "k280",
  "k281",
  "k282",
  "k283",
  "k284",
  "k285",
  "k286",
  "k287",
  "k288",
  "k289",
  "k290",
  "k291",
  "k292",
  "k293",
  "k294",
  "k295",
  "k296",
  "k297",
  "k298",
  "k299",
  "k300",
  "k301",
  "k302",
  "k303",
  "k304",
  "k305",
  "k306",
  "k307",
  "k308",
  "k309",
  "k310",
  "k311",
  "k312",
  "k313",
  "k314",
  "k315",
  "k316",
  "k317",
  "k318",
  "k319",
  "k320",
  "k321",
  "k322",
  "k323",
  "k324",
  "k325",
  "k326",
  "k327",
  "k328",
  "k329",
  "k330",
  "k331",
  "k332",
  "k333",
  "k334",
  "k335",
  "k336",
  "k337",
  "k338",
  "k339",
  "k340",
  "k341",
  "k342",
  "k343",
  "k344",
  "k345",
  "k346",
  "k347",
  "k348",
  "k349",
  "k350",
  "k351",
  "k352",
  "k353",
  "k354",
  "k355",
  "k356",
  "k357",
  "k358",
  "k359",
  "k360",
  "k361",
  "k362",
  "k363",
  "k364",
  "k365",
  "k366",
  "k367",
  "k368",
  "k369",
  "k370",
  "k371",
  "k372",
  "k373",
  "k374",
  "k375",
  "k376",
  "k377",
  "k378",
  "k379",
  "k380",
  "k381",
  "k382",
  "k383",
  "k384",
  "k385",
  "k386",
  "k387",
  "k388",
  "k389",
  "k390",
  "k391",
  "k392",
  "k393",
  "k394",
  "k395",
  "k396",
  "k397",
  "k398",
  "k399",
];

describe("literals", () => {
  test("are encoded once", () => {
    const first = Bytes.of("a literal of this test");
    expect(Bytes.of("a literal of this test") === first).toBeTruthy();
  });

  test("that share a slot of the cache replace each other, and stay what they are", () => {
    for (let i = 0; i < LITERALS.length; i++) kept.push(Bytes.of(LITERALS[i]));
    let encodedAgain = 0;
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < LITERALS.length; i++) {
        const bytes = Bytes.of(LITERALS[i]);
        expect(text(bytes)).toBe("k" + i.toString());
        if (bytes !== kept[i]) encodedAgain++;
      }
      __collect();
    }
    expect(encodedAgain).toBeGreaterThan(0);
    for (let i = 0; i < LITERALS.length; i++) expect(text(kept[i])).toBe("k" + i.toString());
  });

  test("are told from strings that are made at run time, which may take each other's place in memory", () => {
    for (let i = 0; i < 2000; i++) {
      const made = "number " + i.toString();
      expect(Bytes.of(made).equals("number " + i.toString())).toBeTruthy();
      __collect();
    }
  });
});
