package io.vigil.model.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.approval.Kind;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryStoreTest {
  private static final long MAX = DirectoryStore.BYTES_MAX;
  private static final byte[] RULES = "name: r\n".getBytes(StandardCharsets.UTF_8);
  private static final String DIGEST = Artefacts.digest(RULES);

  private Path folder = Path.of("");
  private DirectoryStore store = new DirectoryStore(folder);

  @BeforeEach
  void open(@TempDir Path temporary) {
    folder = temporary.resolve("registry");
    store = new DirectoryStore(folder);
  }

  private Path file() {
    return folder.resolve("rule_set").resolve(DIGEST);
  }

  @Test
  void keepsBytesUnderTheirDigest() throws IOException {
    assertThat(store.digests(Kind.RULE_SET)).isEmpty();
    assertThat(store.put(Kind.RULE_SET, "r.yaml", RULES)).isEqualTo(DIGEST);
    assertThat(store.put(Kind.RULE_SET, "r.yaml", RULES)).isEqualTo(DIGEST);

    assertThat(store.read(Kind.RULE_SET, DIGEST, RULES.length)).isEqualTo(RULES);
    assertThat(store.digests(Kind.RULE_SET)).containsExactly(DIGEST);
    assertThat(store.digests(Kind.POLICY)).isEmpty();
    assertThat(file()).hasBinaryContent(RULES);
    assertThat(leftOver()).isEmpty();
  }

  @Test
  void keepsABundleAsItsOneZipUnderItsManifestsDigest() throws IOException {
    Bundle bundle = Bundle.builtIn("default");
    byte[] signed = withSignature(bundle.toZip());

    assertThat(store.put(Kind.MODEL, "default.zip", signed)).isEqualTo(bundle.digest());

    byte[] kept = store.read(Kind.MODEL, bundle.digest(), MAX);
    assertThat(kept).isEqualTo(bundle.toZip());
    assertThat(Bundle.ofZip("kept", kept).digest()).isEqualTo(bundle.digest());
  }

  /** The same bundle as another zip: with a file among its signatures. */
  private static byte[] withSignature(byte[] zip) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(bytes);
        ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip))) {
      ZipEntry entry;
      while ((entry = in.getNextEntry()) != null) {
        out.putNextEntry(new ZipEntry(entry.getName()));
        in.transferTo(out);
      }
      out.putNextEntry(new ZipEntry("signatures/x"));
      out.write(1);
    }
    return bytes.toByteArray();
  }

  @Test
  void unpacksNothingThatItReads() throws IOException {
    Bundle bundle = Bundle.builtIn("default");
    store.put(Kind.MODEL, "default.zip", bundle.toZip());
    Path file = folder.resolve("model").resolve(bundle.digest());
    Files.write(file, withSignature(bundle.toZip()));

    assertThatThrownBy(() -> store.read(Kind.MODEL, bundle.digest(), MAX))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("brings what is compressed to more than 0 bytes");
  }

  @Test
  void refusesAnyOtherZipOfABundle() throws IOException {
    Bundle bundle = Bundle.builtIn("default");
    store.put(Kind.MODEL, "default.zip", bundle.toZip());
    Path file = folder.resolve("model").resolve(bundle.digest());
    Files.write(file, writtenLater(bundle.toZip()));

    assertThatThrownBy(() -> store.read(Kind.MODEL, bundle.digest(), MAX))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected the one zip that such a bundle is kept as, got another");
  }

  /** The same files, not compressed either, of another day. */
  private static byte[] writtenLater(byte[] zip) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(bytes);
        ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip))) {
      out.setMethod(ZipOutputStream.STORED);
      ZipEntry entry;
      while ((entry = in.getNextEntry()) != null) {
        ZipEntry later = new ZipEntry(entry.getName());
        later.setTimeLocal(LocalDateTime.of(2001, 1, 1, 0, 0));
        later.setSize(entry.getSize());
        later.setCrc(entry.getCrc());
        out.putNextEntry(later);
        in.transferTo(out);
      }
    }
    return bytes.toByteArray();
  }

  @Test
  void refusesAByteThatFlipped() throws IOException {
    String model = store.put(Kind.MODEL, "m.zip", Bundle.builtIn("default").toZip());
    Path zip = folder.resolve("model").resolve(model);
    byte[] whole = Files.readAllBytes(zip);
    for (int i = 0; i < 40; i++) {
      byte[] bytes = whole.clone();
      bytes[(int) ((long) i * (bytes.length - 1) / 39)] ^= 1;
      Files.write(zip, bytes);
      assertThatThrownBy(() -> store.read(Kind.MODEL, model, MAX)).isInstanceOf(IOException.class);
    }
    store.put(Kind.RULE_SET, "r.yaml", RULES);
    Files.write(file(), "name: s\n".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> store.read(Kind.RULE_SET, DIGEST, MAX))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("got " + Artefacts.digest("name: s\n"));
    assertThatThrownBy(() -> store.put(Kind.RULE_SET, "r.yaml", RULES))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected the digest " + DIGEST);
  }

  @Test
  void refusesAWholeBundleUnderAnotherDigest() throws IOException {
    String model = store.put(Kind.MODEL, "m.zip", Bundle.builtIn("default").toZip());
    String wrong = "0".repeat(64);
    Files.move(folder.resolve("model").resolve(model), folder.resolve("model").resolve(wrong));
    assertThatThrownBy(() -> store.read(Kind.MODEL, wrong, MAX))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("got " + model);
  }

  @Test
  void refusesMoreBytesThanAsked() throws IOException {
    store.put(Kind.RULE_SET, "r.yaml", RULES);
    assertThatThrownBy(() -> store.read(Kind.RULE_SET, DIGEST, RULES.length - 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected at most 7 bytes, got more");
    assertThatThrownBy(() -> store.read(Kind.RULE_SET, DIGEST, -1)).isInstanceOf(IOException.class);
  }

  @Test
  void refusesWhatIsNoDigest() {
    for (String digest :
        List.of(
            "",
            "../" + DIGEST,
            DIGEST.toUpperCase(Locale.ROOT),
            DIGEST + "/",
            "a/b",
            "..",
            DIGEST + "\0",
            ".draft-1")) {
      assertThatThrownBy(() -> store.read(Kind.RULE_SET, digest, MAX))
          .isInstanceOf(IOException.class)
          .hasMessage("expected a digest of 64 lower-case hex digits, got another text");
    }
    assertThatThrownBy(() -> store.read(Kind.RULE_SET, DIGEST, MAX))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void followsNoLink(@TempDir Path elsewhere) throws IOException {
    Path outside = Files.write(elsewhere.resolve(DIGEST), RULES);
    Files.createDirectories(file().getParent());
    Files.createSymbolicLink(file(), outside);
    assertThatThrownBy(() -> store.read(Kind.RULE_SET, DIGEST, MAX))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected a plain file, got a link");
    assertThatThrownBy(() -> store.put(Kind.RULE_SET, "r.yaml", RULES))
        .isInstanceOf(IOException.class);
    assertThat(store.digests(Kind.RULE_SET)).isEmpty();
    Files.createSymbolicLink(folder.resolve("policy"), elsewhere);
    assertThatThrownBy(() -> store.read(Kind.POLICY, DIGEST, MAX))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected a folder, got a link");
    assertThatThrownBy(() -> store.put(Kind.POLICY, "p.yaml", RULES))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected a folder, got a link");
  }

  @Test
  void manyWritersStoreOne() throws Exception {
    byte[] bytes = Bundle.builtIn("default").toZip();
    int writers = 4;
    CyclicBarrier start = new CyclicBarrier(writers);
    ExecutorService pool = Executors.newFixedThreadPool(writers);
    try {
      List<Future<String>> results = new ArrayList<>();
      for (int i = 0; i < writers; i++) {
        results.add(
            pool.submit(
                () -> {
                  start.await();
                  return new DirectoryStore(folder).put(Kind.MODEL, "m.zip", bytes);
                }));
      }
      for (Future<String> result : results) {
        assertThat(store.read(Kind.MODEL, result.get(), MAX)).isEqualTo(bytes);
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(store.digests(Kind.MODEL)).hasSize(1);
    assertThat(leftOver()).isEmpty();
  }

  @Test
  void aWriterThatIsKilledLeavesNothingThatCounts(@TempDir Path temporary) throws Exception {
    // Whoever is faster: a writer that was done before it was killed proves nothing.
    for (int attempt = 0; attempt < 10; attempt++) {
      open(temporary.resolve("attempt-" + attempt));
      killWriterInTheMiddle();
      if (store.digests(Kind.RULE_SET).isEmpty()) {
        break;
      }
    }

    assertThat(leftOver()).hasSize(1);
    assertThat(store.digests(Kind.RULE_SET)).isEmpty();
    assertThatThrownBy(() -> store.read(Kind.RULE_SET, KilledWriter.DIGEST, MAX))
        .isInstanceOf(NoSuchFileException.class);
    store.put(Kind.RULE_SET, "big.yaml", KilledWriter.BYTES);
    assertThat(store.read(Kind.RULE_SET, KilledWriter.DIGEST, MAX)).isEqualTo(KilledWriter.BYTES);
  }

  @Test
  void refusesWhatIsNoArtefact() {
    assertThatThrownBy(() -> store.put(Kind.MODEL, "m.zip", RULES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("m.zip");
    assertThatThrownBy(() -> store.put(Kind.FEATURE_SPEC, "f.yaml", RULES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected a model, which brings its feature spec along");
    assertThatThrownBy(
            () -> store.put(Kind.RULE_SET, "r.yaml", new byte[(int) DirectoryStore.BYTES_MAX + 1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected at most");
  }

  private void killWriterInTheMiddle() throws Exception {
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                KilledWriter.class.getName(),
                folder.toString())
            .inheritIO()
            .start();
    File kind = folder.resolve("rule_set").toFile();
    while (writer.isAlive()) {
      String[] names = kind.list();
      if (names != null && names.length > 0) {
        break;
      }
      Thread.onSpinWait();
    }
    writer.destroyForcibly().waitFor();
  }

  private List<String> leftOver() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith(".draft-"))
          .toList();
    }
  }
}
