package io.vigil.model.artefact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StrictZipTest {
  private static final StrictZip.Limits LIMITS = new StrictZip.Limits(4, 1 << 20, 1 << 20);
  private static final byte[] TEXT = "some text ".repeat(30).getBytes(StandardCharsets.UTF_8);

  @Test
  void readsWhatJavaWritesWithDescriptorsAndFolders() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("folder/"));
      zip.putNextEntry(new ZipEntry("folder/a.txt"));
      zip.write(TEXT);
    }
    assertThat(StrictZip.read(bytes.toByteArray(), LIMITS))
        .extracting(
            StrictZip.Entry::name, entry -> new String(entry.bytes(), StandardCharsets.UTF_8))
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("folder/", ""),
            org.assertj.core.groups.Tuple.tuple(
                "folder/a.txt", new String(TEXT, StandardCharsets.UTF_8)));
  }

  @Test
  void readsStoredAndDeflated() {
    byte[] zip = new RawZip().add("a", TEXT).add(RawZip.deflated("b", TEXT)).bytes();
    assertThat(StrictZip.read(zip, LIMITS))
        .allSatisfy(entry -> assertThat(entry.bytes()).isEqualTo(TEXT));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../a", "a/../b", "/a", "a//b", "C:a", "a\\b", ".", "a/./b", "\u00e4", "a\nb", ""})
  void refusesNamesThatAreNoPlainPath(String name) {
    assertRefused(new RawZip().add(name, TEXT), "must be a relative path of printable ASCII");
  }

  @Test
  void refusesWhatReadersCouldSeeInTwoWays() {
    RawZip.Entry a = RawZip.entry("a", TEXT);
    assertRefused(new RawZip().add(a).add(a), "'a' stands twice");
    assertRefused(new RawZip().add(a).add("A", TEXT), "'A' stands twice");
    assertRefused(
        new RawZip().add(changed(a, "b", a.localSize(), a.size(), 0)),
        "'a' has a local header that says something else");
    assertRefused(
        new RawZip().add(changed(a, "a", 7, a.size(), 0)), "a local header that says something");
    assertRefused(new RawZip().add(changed(a, "a", 7, 7, 0)), "'a' is stored, but says two sizes");
    assertRefused(new RawZip().add(a).comment("PK"), "without a comment");
    byte[] zip = new RawZip().add(a).bytes();
    byte[] longer = Arrays.copyOf(zip, zip.length + 1);
    assertThatThrownBy(() -> StrictZip.read(longer, LIMITS)).hasMessageContaining("anything after");
    byte[] shifted = new byte[zip.length + 1];
    System.arraycopy(zip, 0, shifted, 1, zip.length);
    assertThatThrownBy(() -> StrictZip.read(shifted, LIMITS))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesLinksAndDevices() {
    RawZip.Entry a = RawZip.entry("a", TEXT);
    assertRefused(
        new RawZip().add(changed(a, "a", a.size(), a.size(), 0120777 << 16)),
        "not a link or device");
    assertRefused(
        new RawZip().add(changed(a, "a", a.size(), a.size(), 0020666 << 16)),
        "not a link or device");
    assertThat(
            StrictZip.read(
                new RawZip().add(changed(a, "a", a.size(), a.size(), 0100644 << 16)).bytes(),
                LIMITS))
        .hasSize(1);
  }

  @Test
  void refusesSizesAndNamesInExtraFields() {
    RawZip.Entry a = RawZip.entry("a", TEXT);
    for (byte[] id : new byte[][] {{1, 0, 0, 0}, {0x75, 0x70, 0, 0}}) {
      RawZip.Entry extra = new RawZip.Entry("a", "a", 0, TEXT, a.size(), a.size(), a.crc(), 0, id);
      assertRefused(new RawZip().add(extra), "has an extra field");
    }
  }

  @Test
  void refusesBombs() {
    assertRefused(
        new RawZip().add(RawZip.deflated("zeros", new byte[1 << 20])),
        "'zeros' grows from 1033 to 1048576 bytes: at most 100 times is believed");
    RawZip.Entry small = RawZip.deflated("a", TEXT);
    RawZip.Entry more =
        new RawZip.Entry("a", "a", 8, small.data(), 7, 7, small.crc(), 0, new byte[0]);
    assertRefused(new RawZip().add(more), "must unpack to exactly the 7 bytes");
    assertRefused(
        new RawZip().add("a", new byte[(1 << 20) + 1]), "must have at most 1048576 bytes");
    assertRefused(
        new RawZip().add("a", TEXT).add("b", TEXT).add("c", TEXT).add("d", TEXT).add("e", TEXT),
        "expected 1 to 4 entries, the end record says 5");
  }

  /** Whatever is flipped: the content comes out as it was, or not at all. */
  @Property(tries = 2000)
  void aFlippedBitNeverChangesContent(@ForAll @IntRange(max = 100_000) int at) {
    byte[] zip = new RawZip().add("a", TEXT).add(RawZip.deflated("b", TEXT)).bytes();
    zip[(at / 8) % zip.length] ^= (byte) (1 << (at % 8));
    try {
      assertThat(StrictZip.read(zip, LIMITS))
          .hasSize(2)
          .allSatisfy(entry -> assertThat(entry.bytes()).isEqualTo(TEXT));
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageMatching("(?s)(entry|expected|the |what |central|a name).*");
    }
  }

  @Property(tries = 500)
  void aCutFileIsRefused(@ForAll @IntRange(max = 100_000) int length) {
    byte[] zip = new RawZip().add("a", TEXT).add(RawZip.deflated("b", TEXT)).bytes();
    byte[] cut = Arrays.copyOf(zip, length % zip.length);
    assertThatThrownBy(() -> StrictZip.read(cut, LIMITS))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static RawZip.Entry changed(
      RawZip.Entry entry, String localName, int localSize, int size, int attributes) {
    return new RawZip.Entry(
        localName,
        entry.name(),
        entry.method(),
        entry.data(),
        size,
        localSize,
        entry.crc(),
        attributes,
        entry.extra());
  }

  private static void assertRefused(RawZip zip, String message) {
    assertThatThrownBy(() -> StrictZip.read(zip.bytes(), LIMITS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
