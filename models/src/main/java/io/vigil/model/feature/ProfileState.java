package io.vigil.model.feature;

import io.vigil.model.event.Fact;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The hot value of one entity's profile, decoded. Layout version 1:
 *
 * <pre>
 * 4 bytes    the layout's id
 * zigzag     the newest time that any fact holds from
 * columns    varint n; n versions, the newest first: varint milliseconds from the newest time back
 *            to when it holds; 1 byte, whether there is a value; 8 bytes if there is one: raw double
 *            bits, or the hash of a text
 * </pre>
 *
 * <p>Only the newest version of a fact matters to a transaction that comes in time. One that comes
 * late is decided by what held at its own event time, so versions stay for a day after they were
 * replaced, {@value #VERSIONS_MAX} of a fact at the most; what held before them is not known any
 * more, and no later fact stands in for it.
 *
 * <p>Reused scratch, single-threaded.
 */
final class ProfileState {
  static final int VERSIONS_MAX = 4;
  private static final byte LAYOUT_VERSION = 1;

  private final Layout layout;
  private final int layoutId;
  private final Map<Integer, Layout> earlier;
  private final ByteReader in = new ByteReader();
  private final ByteWriter out = new ByteWriter();
  private final List<List<Version>> versions = new ArrayList<>();

  /**
   * A fact, as a number or as a text.
   *
   * @param number whether its number is kept, else the hash of its text
   */
  record Column(String fact, boolean number) {
    /** Two numbers are compared as such: 1 equals 1.0. */
    static Column of(Feature.FromProfile feature) {
      String equalTo = feature.equalTo();
      return new Column(feature.fact(), equalTo == null || Fact.of(equalTo).isNumber());
    }
  }

  /**
   * What a fact is from an instant on.
   *
   * @param fromMs milliseconds since the epoch
   * @param there whether it has a value
   */
  record Version(long fromMs, boolean there, long bits) {}

  /** What is kept of an entity. */
  record Layout(List<Column> columns) {
    static Layout of(List<Feature.FromProfile> features) {
      return new Layout(features.stream().map(Column::of).distinct().toList());
    }

    /** The first four bytes of a SHA-256 over what is kept. */
    int id() {
      StringBuilder text = new StringBuilder("vigil-profile ").append(LAYOUT_VERSION);
      for (Column column : columns) {
        text.append('\n').append(column.number ? "number " : "text ").append(column.fact);
      }
      try {
        byte[] digest =
            MessageDigest.getInstance("SHA-256")
                .digest(text.toString().getBytes(StandardCharsets.UTF_8));
        return ByteBuffer.wrap(digest).getInt();
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java has SHA-256", e);
      }
    }
  }

  ProfileState(Layout layout, Map<Integer, Layout> earlier) {
    this.layout = layout;
    this.layoutId = layout.id();
    this.earlier = earlier;
    layout.columns().forEach(column -> versions.add(new ArrayList<>()));
  }

  /**
   * @throws IllegalArgumentException when the state was written in a layout that is not known
   */
  void load(EntityStore store) {
    versions.forEach(List::clear);
    byte @Nullable [] packed = store.hot();
    if (packed == null) {
      return;
    }
    in.wrap(packed);
    int id = in.four();
    Layout theirs = id == layoutId ? layout : earlier.get(id);
    if (theirs == null) {
      throw new IllegalArgumentException(
          "profile state: expected the layout of the spec or of one before it, got %08x"
              .formatted(id));
    }
    long newestMs = in.zigzag();
    for (Column column : theirs.columns()) {
      int ours = layout.columns().indexOf(column);
      for (long count = in.varint(); count > 0; count--) {
        long fromMs = newestMs - in.varint();
        boolean there = in.varint() != 0;
        Version version = new Version(fromMs, there, there ? in.fixed() : 0);
        if (ours >= 0) {
          versions.get(ours).add(version);
        }
      }
    }
  }

  /** What a fact was at an instant; null when nothing is known of it. */
  @Nullable Version at(int column, long timeMs) {
    for (Version version : versions.get(column)) {
      if (version.fromMs <= timeMs) {
        return version;
      }
    }
    return null;
  }

  /** Sets what a fact is; of two from the same instant the one that took effect later stands. */
  void set(int column, Version version) {
    List<Version> all = versions.get(column);
    int at = 0;
    while (at < all.size() && all.get(at).fromMs > version.fromMs) {
      at++;
    }
    if (at < all.size() && all.get(at).fromMs == version.fromMs) {
      all.set(at, version);
    } else {
      all.add(at, version);
    }
  }

  /** Drops what no transaction at most a day late can ask for, and packs the rest. */
  void save(EntityStore store) {
    long newestMs = Long.MIN_VALUE;
    for (List<Version> all : versions) {
      newestMs = all.isEmpty() ? newestMs : Math.max(newestMs, all.get(0).fromMs);
    }
    out.clear();
    out.four(layoutId);
    out.zigzag(newestMs);
    for (List<Version> all : versions) {
      int keep = 0;
      while (keep < Math.min(all.size(), VERSIONS_MAX)
          && (keep == 0 || all.get(keep - 1).fromMs > newestMs - EntityState.SLACK_MS)) {
        keep++;
      }
      out.varint(keep);
      for (Version version : all.subList(0, keep)) {
        out.varint(newestMs - version.fromMs);
        out.varint(version.there ? 1 : 0);
        if (version.there) {
          out.fixed(version.bits);
        }
      }
    }
    store.hot(out.copy());
  }
}
