package io.vigil.model.evaluate;

/** Text within HTML, and how the pages begin that people read. */
public final class Html {
  private Html() {}

  /** Text that stands for itself. */
  public static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /** A page up to its first element: one file, no script, nothing fetched. */
  public static String head(String title) {
    return HEAD.replace("{title}", escape(title));
  }

  private static final String HEAD =
      """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <title>{title}</title>
      <style>
      body{margin:0;background:#f6f7f9;color:#1c2430;font:15px/1.5 system-ui,sans-serif}
      main{max-width:1040px;margin:0 auto;padding:28px 20px 60px}
      h1{font-size:26px;margin:0 0 6px}h2{font-size:16px;margin:0 0 8px}
      .lead{max-width:75ch;color:#45505f}
      .tiles{display:flex;gap:12px;flex-wrap:wrap;margin:18px 0}
      .tile{background:#fff;border:1px solid #dde2e8;border-radius:8px;padding:12px 16px;flex:1 1 150px}
      .tile span{display:block;color:#45505f;font-size:13px}.tile b{font-size:26px;font-weight:600}
      .tile small{display:block;color:#66717f;font-size:12px;line-height:1.3}
      table{border-collapse:collapse;background:#fff;width:100%;margin:0 0 22px;font-size:13px}
      th,td{padding:5px 8px;border:1px solid #dde2e8;text-align:right}th:first-child,td:first-child{text-align:left}
      th{background:#eef1f4;font-weight:600}tr.validation td{color:#66717f}tr.mean td{font-weight:600}
      .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:16px;margin-bottom:22px}
      figure{margin:0;background:#fff;border:1px solid #dde2e8;border-radius:8px;padding:14px 16px}
      figcaption{color:#66717f;font-size:12.5px}svg{width:100%;height:auto;display:block}
      .grid{stroke:#e7ebef}.tick{font-size:11px;fill:#66717f}.axis{font-size:12px;fill:#45505f}
      .curve{fill:none;stroke:#1f5fa8;stroke-width:1.6;stroke-opacity:.75}.chance{fill:none;stroke:#8a94a1;stroke-dasharray:4 4}
      .fraud{fill:#c0392b;fill-opacity:.7}.other{fill:#1f5fa8;fill-opacity:.45}.false{fill:#b6bec8}
      .dot{fill:#1f5fa8;fill-opacity:.6}
      table.bars{border:0;margin:0;table-layout:fixed}table.bars td{border:0;padding:1px 6px;font-size:12px}
      table.bars td:first-child{width:42%;overflow:hidden;text-overflow:ellipsis}table.bars td:last-child{width:14%}
      table.bars i{display:block;height:9px;background:#1f5fa8;border-radius:2px}
      ul{max-width:80ch;color:#45505f}
      @media print{body{background:#fff}figure{break-inside:avoid}}
      </style></head><body><main>
      """;
}
