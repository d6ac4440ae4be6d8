package io.vigil.model.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.artefact.RawZip;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.Scorer;
import io.vigil.model.train.NetworkOptions;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchScriptInspectorTest {
  private static final byte[] MLP = network(3, List.of(4), 1);

  /** Networks as torch 2.13 exports them, see src/test/torchscript/export.py. */
  @ParameterizedTest
  @CsvSource({
    "ae-script,12,0,0",
    "mlp_bn-script,12,0,0",
    "mlp_relu-trace,12,0,0",
    "emb-trace,12,0,0",
    "gru-script,12,8,3",
    "lstm-trace,12,8,3",
    "last-freeze,12,8,3",
    "tr-script,12,8,3",
    "att-trace,12,8,3",
    "rms-ofi,12,8,3",
    "conv-script,12,8,3"
  })
  void passesWhatTorchExports(String name, int values, int steps, int fields) throws Exception {
    byte[] model = exported(name);
    InputShape shape = new InputShape(values, steps, fields);
    TorchEngine engine = new TorchEngine();

    engine.inspect(model, shape);

    try (Scorer scorer = engine.load(model, shape, "cpu")) {
      float[] logits = new float[5];
      scorer.score(TorchScorerTest.gaussian(5, shape.width(), 1), 5, logits);
      assertThat(logits).doesNotContain(Float.NaN);
      assertThat(logits[0]).isNotEqualTo(logits[1]);
    }
  }

  @Test
  void theDocumentationListsTheOperators() throws Exception {
    String docs = Files.readString(Path.of("../docs/models.md"));
    String listed = docs.substring(docs.indexOf("## Operators"));
    String torch = listed.substring(listed.indexOf("```") + 3, listed.lastIndexOf("```"));
    assertThat(torch.strip().split("\\s+")).containsExactlyInAnyOrderElementsOf(Operators.TORCH);
    assertThat(Operators.PRIM).allMatch(name -> listed.contains("`" + name + "`"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void passesWhatOurWriterWrites(int hidden) {
    byte[] model = network(5, Collections.nCopies(hidden, 7), 2);
    assertThatCode(() -> TorchScriptInspector.inspect(model)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "return torch.from_file('/etc/passwd', True, 9) | line 7: uses torch.from_file: a network may",
        "torch.save(x, '/tmp/x') | uses torch.save",
        "return torch.load('/tmp/x') | uses torch.load",
        "return torch.add(x, torch.rand([2])) | uses torch.rand:",
        "return torch.bernoulli(x) | uses torch.bernoulli",
        "return torch.randn_like(x) | uses torch.randn_like",
        "return torch.set_(x, x) | uses torch.set_",
        "return torch.as_strided(x, [9], [9]) | uses torch.as_strided",
        "return ops.aten.add(x, x) | uses ops.aten.add",
        "return ops.mylib.evil(x) | uses ops.mylib.evil",
        "return ops.prim.PythonOp(x) | uses ops.prim.PythonOp",
        "f = torch.relu | uses torch.relu: a network may call",
        "return torch.nn.functional.relu(x) | uses torch.nn.functional.relu",
        "print(x) | calls 'print'",
        "f = print | uses 'print', which is no variable",
        "print = x | has a variable named 'print'",
        "torch = x | has a variable named 'torch'",
        "return fork(self.forward, x) | calls 'fork'",
        "return os.system('id') | calls .system of 'os', which is no object",
        "return x.save('/tmp/x') | calls .save of 'x', which is no object",
        "return (x).bernoulli_() | calls .bernoulli_ of 'x', which is no object",
        "return torch.relu(x).bernoulli_() | of an expression",
        "return [torch.relu][0](x) | uses torch.relu",
        "return (x)(x) | calls an expression",
        "return getattr(x, 'data') | uses .data of 'x', which is no object",
        "return getattr(self, x) | expected getattr of a variable and a constant name",
        "return self.weight | uses .weight of 'self', which is no object of a class of the archive",
        "self.count = x | changes something else than a variable",
        "x[0] = x | changes something else than a variable",
        "import os | uses 'import'",
        "while True: | uses 'while'",
        "return lambda x: x | uses 'lambda'",
        "return __torch__.torch.classes.xnnpack.LinearOpContext(x) | uses __torch__.torch.classes.xn",
        "return __torch__.Other(x) | uses __torch__.Other",
        "y : Future[Tensor] = x | names the type 'Future'",
        "y : __torch__.torch.classes.a.B = x | names the type '__torch__.torch.classes.a.B'",
        "return torch.dropout(x, 0.5, True) | uses torch.dropout in training",
        "return torch.zeros([100000, 100000]) | asks torch.zeros for 10000000000 elements",
        "return x # type: ignore | has the character '#'",
        "return x \\ | has the character '\\'",
        "return \"\"\"x\"\"\" | has a long string",
        "return torch.relu(x | ends within brackets"
      })
  void refusesCodeThatNoScoringNetworkNeeds(String statement, String message) {
    String forward =
        "  def forward(self: __torch__.X,\n    x: Tensor) -> Tensor:\n    " + statement + "\n";
    byte[] model = TorchScriptArchive.write("X", forward, List.of());
    assertThatThrownBy(() -> TorchScriptInspector.inspect(model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("code/__torch__.py")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "print(1)\n",
        "x = 1\n",
        "import os\n",
        "class A(ModuleInterface):\n  pass\n",
        "class A(Module):\n  x : Tensor = print(1)\n",
        "class A(Module):\n  x = 1\n",
        "class A(Module):\n  x : Future[Tensor]\n",
        "def f(x: Tensor=print(1)) -> Tensor:\n  return x\n",
        "def f(x: Tensor) -> Future[Tensor]:\n  return x\n"
      })
  void refusesDefinitionsThatNoNetworkHas(String code) {
    byte[] model = RawZip.with(MLP, "model/code/__torch__/other.py", utf8(code));
    assertThatThrownBy(() -> TorchScriptInspector.inspect(model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("code/__torch__/other.py, line ");
  }

  @Test
  void refusesPickledCode() {
    // What pickle.dumps makes of an object whose __reduce__ returns (os.system, ("id",)).
    assertPickleRefused(
        pickle("cos\nsystem\nX\2\0\0\0id\205R."), "data.pkl, byte 13: names 'os system': expected");
    assertPickleRefused(pickle("cbuiltins\nexec\nX\2\0\0\0id\205R."), "names 'builtins exec'");
    assertPickleRefused(pickle("ctorch\nload\n."), "names 'torch load'");
    assertPickleRefused(
        pickle("c__torch__.torch.classes.a\nB\n."), "the class __torch__.torch.classes.a.B, which");
    assertPickleRefused(pickle("c__torch__\nOther\n."), "names the class __torch__.Other, which");
    assertPickleRefused(pickle("ios\nsystem\n."), "has the opcode 69, which no network needs");
    assertPickleRefused(pickle("P1\n."), "has the opcode 50");
  }

  @Test
  void refusesPicklesThatLieOrLoop() {
    assertPickleRefused(pickle("]q\0h\0a."), "puts a thing into itself");
    assertPickleRefused(
        pickle("]q\0]q\1h\0ah\0h\1a."), "changes what is already part of something");
    assertPickleRefused(pickle("h\5."), "recalls slot 5, which it never set");
    assertPickleRefused(pickle("Nr\377\377\377\177."), "sets slot 2147483647 after 0 others");
    assertPickleRefused(pickle("(".repeat((1 << 20) + 1) + "."), "things on its stack");
    assertPickleRefused(pickle(")" + "\205".repeat(101) + "."), "is nested deeper than 100");
    assertPickleRefused(pickle("NN."), "must end with one object and nothing after it, has 2");
    assertPickleRefused(pickle("N.N"), "has 1 and 1 bytes");
    assertPickleRefused(pickle("0."), "has the opcode 30");
    assertPickleRefused(pickle("R."), "takes from an empty stack");
    assertPickleRefused(pickle("t."), "takes from a mark that is not there");
    assertPickleRefused(pickle("X\377\377\377\377"), "has a text of 4294967295 bytes");
    assertPickleRefused(pickle(""), "data.pkl is cut off");
    assertPickleRefused(pickle("}(X\10\0\0\0training\210u."), "still training");
  }

  @Test
  void refusesTensorsThatReachBeyondTheirStorage() {
    // data/0 holds the 12 floats of hidden0_weight.
    assertPickleRefused(tensor(0, 4, 3, 4), "reaches element 13 of a storage of 12");
    assertPickleRefused(tensor(2, 4, 3, 1), "reaches element 12 of a storage of 12");
    assertPickleRefused(tensor(-1, 4, 3, 1), "offset -1");
    assertPickleRefused(tensor(0, -4, 3, 1), "sizes [-4, 2]");
    assertPickleRefused(storage("9", 12), "has a storage '9' of 12 elements of 4 bytes, which");
    assertPickleRefused(storage("0", 13), "has a storage '0' of 13 elements");
    assertPickleRefused(storage("../0", 12), "has a storage '../0'");
    byte[] good = RawZip.with(MLP, "model/data.pkl", tensor(0, 4, 3, 1));
    assertThatCode(() -> TorchScriptInspector.inspect(good)).doesNotThrowAnyException();
  }

  @Test
  void refusesEntriesThatTorchDoesNotWrite() {
    for (String name :
        List.of("model/evil.so", "model/code/evil.py", "model/extra/x", "model/x/")) {
      assertRefused(RawZip.with(MLP, name, new byte[0]), "'" + name + "' is nothing that torch");
    }
    assertRefused(
        RawZip.with(MLP, "other/version", utf8("3")), "must be in the folder of the first");
    assertRefused(RawZip.with(MLP, "version", utf8("3")), "must be in the folder of the first");
    assertRefused(RawZip.with(MLP, "model/DATA.PKL", utf8("x")), "'model/DATA.PKL' stands twice");
    assertRefused(RawZip.with(MLP, "model/byteorder", utf8("big")), "byteorder must be little");
    assertRefused(RawZip.with(MLP, "model/version", utf8("x")), "version must be");
    assertRefused(utf8("no archive"), "expected a TorchScript archive");
  }

  /** What passes is loaded by native code later; what does not must say so in one way only. */
  @Property(tries = 3000)
  void flippedBitsGiveNoOtherException(@ForAll @IntRange(max = 1_000_000) int at) {
    byte[] model = MLP.clone();
    model[(at / 8) % model.length] ^= (byte) (1 << (at % 8));
    try {
      TorchScriptInspector.inspect(model);
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageMatching("(?s).{10,}");
    }
  }

  /** Behind right checksums: every byte of the pickle and the code, changed. */
  @Property(tries = 3000)
  void changedBytesGiveNoOtherException(
      @ForAll boolean code, @ForAll @IntRange(max = 2000) int at, @ForAll byte value) {
    String name = code ? "model/code/__torch__.py" : "model/data.pkl";
    byte[] content =
        io.vigil.model.artefact.StrictZip.read(
                MLP, new io.vigil.model.artefact.StrictZip.Limits(100, 1 << 20, 1 << 20))
            .stream()
            .filter(entry -> entry.name().equals(name))
            .findFirst()
            .orElseThrow()
            .bytes();
    content[at % content.length] = value;
    try {
      TorchScriptInspector.inspect(RawZip.with(MLP, name, content));
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageMatching("(?s).{10,}");
    }
  }

  private static void assertPickleRefused(byte[] pickle, String message) {
    assertRefused(RawZip.with(MLP, "model/data.pkl", pickle), message);
  }

  private static void assertRefused(byte[] model, String message) {
    assertThatThrownBy(() -> TorchScriptInspector.inspect(model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private static byte[] pickle(String latin1) {
    return ("\200\2" + latin1).getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] storage(String key, int elements) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(pickle("(" + text("storage") + "ctorch\nFloatStorage\n" + text(key)));
    out.writeBytes(latin1(text("cpu") + int32(elements) + "tQ."));
    return out.toByteArray();
  }

  /** A tensor of rows x 2 over data/0. */
  private static byte[] tensor(int offset, int rows, int stride, int innerStride) {
    String id = "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu");
    String parts =
        "ctorch._utils\n_rebuild_tensor_v2\n("
            + id
            + int32(12)
            + "tQ"
            + int32(offset)
            + int32(rows)
            + int32(2)
            + "\206"
            + int32(stride)
            + int32(innerStride)
            + "\206\211ccollections\nOrderedDict\n)RtR.";
    return pickle(parts);
  }

  private static String text(String text) {
    return "X" + int32(text.length()).substring(1) + text;
  }

  private static String int32(int value) {
    return "J"
        + (char) (value & 0xff)
        + (char) (value >> 8 & 0xff)
        + (char) (value >> 16 & 0xff)
        + (char) (value >>> 24);
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] exported(String name) throws Exception {
    try (InputStream in =
        TorchScriptInspectorTest.class.getResourceAsStream("exported/" + name + ".pt")) {
      return in.readAllBytes();
    }
  }

  private static byte[] network(int width, List<Integer> hidden, long seed) {
    return Network.random(NetworkOptions.perceptron(hidden), InputShape.flat(width), seed)
        .toTorchScript();
  }
}
