package io.vigil.model.rule;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;

/** A list says what a set of strings says, however its entries collide. */
class EntryListTest {
  private static final String HEAD = "name: texts\nversion: 1\nof: any\n";

  /** All texts collide, or all of one length do. */
  private enum Poor implements EntryList.Hashing {
    ALL,
    BY_LENGTH;

    @Override
    public long ofBytes(byte[] bytes, int from, int to) {
      return this == ALL ? 3 : to - from;
    }

    @Override
    public long ofAscii(String text) {
      return this == ALL ? 3 : text.length();
    }
  }

  @Provide
  Arbitrary<Set<String>> texts() {
    // Short texts of few characters: prefixes of each other, and many that are asked in vain.
    Arbitrary<String> few =
        Arbitraries.strings().withChars('a', 'b', '?', 'é', '水').ofMinLength(1).ofMaxLength(4);
    Arbitrary<String> emoji = Arbitraries.of("😀", "😀a", "a😀", "\u0080", "\u07FF\u0800");
    Arbitrary<String> tokens = Arbitraries.strings().alpha().numeric().ofLength(32);
    return Arbitraries.frequencyOf(Tuple.of(6, few), Tuple.of(1, emoji), Tuple.of(2, tokens))
        .set()
        .ofMaxSize(60);
  }

  private static byte[] file(Set<String> entries) {
    return (HEAD + String.join("\n", entries)).getBytes(UTF_8);
  }

  private static void assertSame(EntryList list, Set<String> entries, Set<String> others) {
    assertThat(list.size()).isEqualTo(entries.size());
    assertThat(entries).allMatch(list::contains);
    for (String other : others) {
      assertThat(list.contains(other)).as(other).isEqualTo(entries.contains(other));
      String longer = other + "a";
      assertThat(list.contains(longer)).as(longer).isEqualTo(entries.contains(longer));
      String shorter = other.substring(0, other.length() - 1);
      assertThat(list.contains(shorter)).as(shorter).isEqualTo(entries.contains(shorter));
    }
  }

  @Property(tries = 1_000)
  void isExact(@ForAll("texts") Set<String> entries, @ForAll("texts") Set<String> others) {
    assertSame(EntryList.read(file(entries), "texts.list"), entries, others);
  }

  @Property(tries = 300)
  void isExactWhenHashesCollide(
      @ForAll("texts") Set<String> entries, @ForAll("texts") Set<String> others) {
    for (Poor hashing : Poor.values()) {
      EntryList list = new EntryListReader(file(entries), "texts.list").read("", hashing);

      assertSame(list, entries, others);
    }
  }

  @Example
  void isExactWithOneSlotLeft() {
    // 3 entries in 4 slots: a search must still come to an end.
    EntryList list = new EntryListReader(file(Set.of("a", "b", "c")), "").read("", Poor.ALL);

    assertThat(list.contains("d")).isFalse();
  }

  @Example
  void holdsNeitherItsHeadNorComments() {
    String text = "# c\n" + HEAD + "\n# x\nd1\n\n#d2\n";
    EntryList list = EntryList.read(text.getBytes(UTF_8), "a.list");

    assertThat(list.size()).isEqualTo(1);
    assertThat(list.contains("d1")).isTrue();
    for (String other :
        List.of("", "# x", " x", "x", "#d2", "d2", "name: texts", "texts", "d1\n")) {
      assertThat(list.contains(other)).as(other).isFalse();
    }
  }

  @Example
  void aHalfOfACharacterIsNoQuestionMark() {
    EntryList list = EntryList.read((HEAD + "?").getBytes(UTF_8), "a.list");

    assertThat(list.contains("?")).isTrue();
    assertThat(list.contains("\uD83D")).isFalse();
  }

  @Test
  void saysWhatItIs() {
    byte[] file =
        "name: blocked\nversion: 12\nof: device, attributes.\"my phone\"\nd1".getBytes(UTF_8);
    EntryList list = EntryList.read(file, "a.list");

    assertThat(list.name()).isEqualTo("blocked");
    assertThat(list.version()).isEqualTo(12);
    assertThat(list.of()).containsExactly("device", "attributes.\"my phone\"");
    assertThat(list.digest()).hasSize(64);
    assertThat(list.memoryBytes()).isEqualTo(file.length + 8);
  }

  @Test
  void aMillionEntriesTakeAFewBytesMoreThanTheirFile() {
    StringBuilder text = new StringBuilder(HEAD);
    for (int i = 0; i < 1_000_000; i++) {
      text.append("%08x%08x".formatted(i * 0x9E3779B1, i)).append('\n');
    }
    EntryList list = EntryList.read(text.toString().getBytes(UTF_8), "million.list");

    assertThat(list.size()).isEqualTo(1_000_000);
    assertThat(list.memoryBytes() - text.length()).isLessThan(11 * 1_000_000);
    assertThat(list.contains("%08x%08x".formatted(77 * 0x9E3779B1, 77))).isTrue();
    assertThat(list.contains("%08x%08x".formatted(77 * 0x9E3779B1, 78))).isFalse();
  }

  @Test
  void listsAreSwappedAsAWhole() {
    EntryList one = EntryList.read("name: a\nversion: 1\nof: any\nx".getBytes(UTF_8), "a.list");
    EntryList two = EntryList.read("name: a\nversion: 2\nof: any\ny".getBytes(UTF_8), "a.list");
    EntryList other = EntryList.read("name: b\nversion: 1\nof: any\nz".getBytes(UTF_8), "b.list");
    Lists before = Lists.of(List.of(one, other));
    Lists after = before.with(two);

    assertThat(before.contains("a", "x")).isTrue();
    assertThat(after.contains("a", "x")).isFalse();
    assertThat(after.contains("a", "y")).isTrue();
    assertThat(after.contains("b", "z")).isTrue();
    assertThat(after.names()).containsExactly("a", "b");
    assertThatThrownBy(() -> Lists.of(List.of(one, two)))
        .hasMessage("lists: expected each name once, got 'a' twice");
    assertThatThrownBy(() -> after.contains("c", "z"))
        .hasMessage("expected a list in force, got c");
  }
}
