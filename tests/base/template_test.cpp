#include "base/template.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "testing.h"

using namespace gradus;
using tests::message_of;

namespace {

const nlohmann::json kValues = {{"name", "Ada"},
                                {"n", 3},
                                {"x", 0.5},
                                {"one", 1.0},
                                {"yes", true},
                                {"no", nullptr},
                                {"list", {"a", "b", "c"}},
                                {"empty", nlohmann::json::array()},
                                {"sub", {{"key", "v"}, {"list", {{{"t", 1}}, {{"t", 2}}}}}},
                                {"text", " Some Text. "}};

std::string fill(const std::string& text) { return render_template(text, kValues, "t"); }
std::string fault(const std::string& text) {
  return message_of([&] { fill(text); });
}

}  // namespace

TEST(Template, Fields) {
  EXPECT_EQ(fill("plain { text } %} }}"), "plain { text } %} }}");
  EXPECT_EQ(fill("{{name}} {{ n }} {{x}} {{one}} {{yes}} {{no}}"), "Ada 3 0.5 1.0 True None");
  EXPECT_EQ(fill("{{sub.key}} {{sub['key']}} {{list[0]}} {{list[-1]}} {{sub.list[1].t}}"), "v v a c 2");
  EXPECT_EQ(fill("{{list}} {{sub.list}}"), "['a', 'b', 'c'] [{'t': 1}, {'t': 2}]");
  EXPECT_EQ(fill(""), "");
  EXPECT_EQ(fill("a\n"), "a");  // as Jinja: one line break at the end goes
  EXPECT_EQ(fill("a\n\n"), "a\n");
  EXPECT_EQ(fill("{{ '}}' }}{{ \"%}\" }}"), "}}%}");
}

TEST(Template, Expressions) {
  EXPECT_EQ(fill("{{ 1 + 2 * 3 }} {{ 7 // 2 }} {{ 7 / 2 }} {{ -7 % 3 }} {{ (1 + 2) * 3 }} {{ -n }}"), "7 3 3.5 2 9 -3");
  EXPECT_EQ(fill("{{ name + '!' }} {{ name ~ n }}"), "Ada! Ada3");
  EXPECT_EQ(fill("{{ n == 3 and not no }} {{ n != 3 or x < 1 }} {{ 'b' in list }} {{ 'z' not in name }}"),
            "True True True True");
  EXPECT_EQ(fill("{{ 'a' if n > 2 else 'b' }}{{ 'c' if n < 2 }}"), "a");
  EXPECT_EQ(fill("{{ nothing is defined }} {{ name is defined }} {{ no is none }}"), "False True True");
  EXPECT_EQ(fill("{{ ['x', n][1] }} {{ text.strip().lower() }} {{ 'a,b'.split(',')[1] }}"), "3 some text. b");
  EXPECT_EQ(fill("{{ text.strip().split()[0] }} {{ ', '.join(list) }} {{ name.startswith('A') }}"),
            "Some a, b, c True");
}

TEST(Template, Filters) {
  EXPECT_EQ(fill("{{ text | trim }}|{{ name|lower }}|{{ name|upper }}|{{ 'aB'|capitalize }}"), "Some Text.|ada|ADA|Ab");
  EXPECT_EQ(
      fill("{{ name | replace('A', 'O') }} {{ list | join(', ') }} {{ list|length }} {{ list|first }}{{ list|last }}"),
      "Oda a, b, c 3 ac");
  EXPECT_EQ(fill("{{ nothing | default('d') }} {{ name | default('d') }} {{ sub.nothing | default('e') }}"), "d Ada e");
  EXPECT_EQ(fill("{{ sub | tojson }} {{ 2.345 | round(1) }} {{ 'é' | length }}"),
            "{\"key\":\"v\",\"list\":[{\"t\":1},{\"t\":2}]} 2.3 1");
}

TEST(Template, Blocks) {
  EXPECT_EQ(fill("{% if n > 5 %}a{% elif n == 3 %}b{% else %}c{% endif %}"), "b");
  EXPECT_EQ(fill("{% if empty %}a{% endif %}."), ".");
  EXPECT_EQ(fill("{% for i in list %}{{ loop.index0 }}{{ i }}{% if not loop.last %}, {% endif %}{% endfor %}"),
            "0a, 1b, 2c");
  EXPECT_EQ(fill("{% for i in empty %}x{% else %}none{% endfor %}"), "none");
  EXPECT_EQ(fill("{% for k, v in sub.items() %}{{ k }};{% endfor %}"), "key;list;");
  EXPECT_EQ(
      fill("{% for i in list %}{% for j in list %}{{ i }}{{ j }}{{ loop.index }} {% endfor %}{% endfor %}").size(),
      36u);
  EXPECT_EQ(fill("{% set y = n + 1 %}{{ y }}"), "4");
  EXPECT_EQ(fill("a {#- {{ nothing }} -#} b"), "ab");
  EXPECT_EQ(fill("a\n  {%- if yes -%}\n  b\n  {%- endif %}\nc"), "ab\nc");
}

TEST(Template, Slices) {
  EXPECT_EQ(fill("{{ list[1:] }} {{ list[:-1] | join(' ') }} {{ name[::-1] }} {{ name[:1] }}"), "['b', 'c'] a b adA A");
  EXPECT_EQ(fill("{{ 'a b c'.split(' ')[:-1] | join(' ') }}|{{ 'né'[1] }}|{{ 'né'[-1:] }}|{{ list[5:] }}"),
            "a b|é|é|[]");
  EXPECT_EQ(fill("{{ list[1::9223372036854775807] }} {{ list[::-9223372036854775807] }}"), "['b'] ['c']");
}

TEST(Template, LargeNumbersKeepTheirDigits) {
  EXPECT_EQ(
      fill("{{ 9007199254740993 | int }} {{ '9007199254740993' | int }} {{ 9007199254740992 < 9007199254740993 }}"),
      "9007199254740993 9007199254740993 True");
  EXPECT_EQ(
      fill("{{ '2.9' | int }} {{ -2.9 | int }} {{ '+4' | int }} {{ yes | float }} {{ ('a' * 2000000) | length }}"),
      "2 -2 4 1.0 2000000");
  EXPECT_EQ(fill("{{ range(3) }} {{ range(5, 0, -2) }} {{ range(3, 3) }} {{ range(0, 5, 2) }}"),
            "[0, 1, 2] [5, 3, 1] [] [0, 2, 4]");
}

TEST(Template, OperatorsAndMappings) {
  EXPECT_EQ(fill("{{ '-' * 3 }} {{ 2 ** 10 }} {{ 1 < n <= 3 }} {{ 1 + n ~ 'x' if false else -n | abs }}"),
            "--- 1024 True 3");
  EXPECT_EQ(fill("{{ {'a': 1, 'b': [2, {}]}['b'] }} {{ {True: 'yes'}[n == 3] if false else (1, 2) }}"),
            "[2, {}] [1, 2]");
  EXPECT_EQ(fill("{{ [\"it's\", 'a\"b'] }} {{ 'a' 'b' }} {{ '\\d' }}"), "[\"it's\", 'a\"b'] ab \\d");
  EXPECT_EQ(fill("{{ n is number and n is odd and n is not string and n is divisibleby 3 and 'b' is in list }}"),
            "True");
}

TEST(Template, ListFilters) {
  EXPECT_EQ(fill("{{ sub.list | map(attribute='t') | sum }} {{ list | map('upper') | join }} {{ [3, 1] | sort }}"),
            "3 ABC [1, 3]");
  EXPECT_EQ(fill("{{ sub.list | selectattr('t', 'gt', 1) | list }} {{ [0, 1] | select | list }} {{ list | reverse }}"),
            "[{'t': 2}] [1] ['c', 'b', 'a']");
  EXPECT_EQ(fill("{{ ['b', 'a', 'b'] | unique | sort(reverse=true) }} {{ [1, 2, 3] | batch(2) }} {{ [4, 9] | max }}"),
            "['b', 'a'] [[1, 2], [3]] 9");
  EXPECT_EQ(fill("{{ 'a\nb' | indent(2) }} {{ 'x1y22' | regex_replace('[0-9]+', '#') }} {{ nothing | d('z') }}"),
            "a\n  b x#y# z");
  EXPECT_EQ(fill("{{ 'x1' | regex_replace('([0-9])', '$1\\\\1') }} {{ '12' is lower }} {{ 'a1' is lower }}"),
            "x$11 False True");
  EXPECT_EQ(fill("{{ list | join(d='-') }} {{ 2.25 | round(1, method='ceil') }} {{ '' | default('e', true) }}"),
            "a-b-c 2.3 e");
}

TEST(Template, CharactersAreUnicode) {
  EXPECT_EQ(fill("{{ 'éTÉ' | upper }} {{ 'ÉTÉ'.capitalize() }} {{ 'ßa' | capitalize }} {{ '\u00a0a\u3000'.strip() }}"),
            "ÉTÉ Été Ssa a");
  EXPECT_EQ(fill("{{ \"they're here\".title() }} {{ \"they're here\" | title }}"), "They'Re Here They're Here");
}

TEST(Template, SetsAndScopes) {
  EXPECT_EQ(fill("{% set a, b = 1, 'x' %}{% set c %}<{{ b }}>{% endset %}{{ a }}{{ c }}"), "1<x>");
  EXPECT_EQ(fill("{% set s = namespace(k=0) %}{% for i in list %}{% set s.k = s.k + 1 %}{% endfor %}{{ s.k }}"), "3");
  EXPECT_EQ(fill("{% set k = 0 %}{% for i in list %}{% set k = 5 %}{% endfor %}{{ k }}"), "0");
  EXPECT_EQ(fill("{% for i in range(6) if i is even %}{{ loop.index }}/{{ loop.revindex }}:{{ i }} {% endfor %}"),
            "1/3:0 2/2:2 3/1:4 ");
  EXPECT_EQ(fill("{% for (k, v) in {'z': 1, 'a': 2}.items() %}{{ k }}{{ v }}{{ loop.cycle('-', '+') }}{% endfor %}"),
            "z1-a2+");
  EXPECT_EQ(fill("{% raw -%}  {{ x }} {% if %}{%- endraw %}"), "{{ x }} {% if %}");
}

TEST(Template, IsReadOnceAndFilledOften) {
  const Template t("{{ x }}\n", "t", true);
  EXPECT_EQ(t.render({{"x", 1}}) + t.render({{"x", 2}}), "1\n2\n");
  EXPECT_EQ(Template("{{ [x, 1] }}", "t").value({{"x", "a"}}), (nlohmann::ordered_json{"a", 1}));
  EXPECT_EQ(Template("{{ x }}.", "t").value({{"x", 3}}), "3.");
  EXPECT_EQ(message_of([] { Template("a\n{{ x | uper }}", "t"); }),
            "cannot fill template 't': line 2: unknown filter 'uper' (did you mean 'upper'?)");
}

// What is not chosen is not evaluated beyond its grammar, so that a template can ask before it uses.
TEST(Template, NotChosenBranchesMayMiss) {
  EXPECT_EQ(fill("{% if nothing is defined %}{{ nothing }}{% else %}-{% endif %}"), "-");
  EXPECT_EQ(fill("{{ nothing.x.y | upper if nothing is defined else 'none' }}"), "none");
  EXPECT_EQ(fill("{{ nothing is defined and nothing.x + 1 > list[7] }} {{ n or nothing[3] }}"), "False 3");
  EXPECT_EQ(fault("{{ 1 if nothing }}"), "cannot fill template 't': line 1: 'nothing' is undefined");
}

TEST(Template, Faults) {
  EXPECT_EQ(fault("a\n{{ nmae }}"), "cannot fill template 't': line 2: 'nmae' is undefined (did you mean 'name'?)");
  EXPECT_EQ(fault("{{ sub.kye }}"), "cannot fill template 't': line 1: 'kye' is undefined (did you mean 'key'?)");
  EXPECT_EQ(fault("{{ name | uper }}"),
            "cannot fill template 't': line 1: unknown filter 'uper' (did you mean 'upper'?)");
  EXPECT_EQ(fault("{{ name "), "cannot fill template 't': line 1: '{{' is not closed");
  EXPECT_EQ(fault("x\n{% if n %}"), "cannot fill template 't': line 2: 'if' without 'endif'");
  EXPECT_EQ(fault("{% endfor %}"), "cannot fill template 't': line 1: 'endfor' without its beginning");
  EXPECT_EQ(fault("{% esle %}"), "cannot fill template 't': line 1: unknown statement 'esle' (did you mean 'else'?)");
  EXPECT_EQ(fault("{% if n %}{% else if x %}{% endif %}"),
            "cannot fill template 't': line 1: unexpected 'if' after 'else'");
  EXPECT_EQ(fault("{{ name.split(maxsplit=1) }}"),
            "cannot fill template 't': line 1: .split() takes no arguments by name: 'maxsplit='");
  EXPECT_EQ(fault("{% %}"), "cannot fill template 't': line 1: unknown statement ''");
  for (const std::string bad : {"{{ }}",
                                "{{ 1 + }}",
                                "{{ (1 }}",
                                "{{ list[9] }}",
                                "{{ name.x }}",
                                "{{ 1 / 0 }}",
                                "{{ 'a }}",
                                "{{ n < name }}",
                                "{{ name * name }}",
                                "{% for i in n %}{% endfor %}",
                                "{% for in x %}{% endfor %}",
                                "{{ list | join(', ' }}",
                                "{{ name name }}",
                                "{{ name | replace('a') }}",
                                "{{ n.strip() }}",
                                "{{ x is }}",
                                "{{ name | }}",
                                "{{ . }}",
                                "{% set %}",
                                "{% for a, b in list %}{% endfor %}",
                                "{{ $ }}",
                                "{{ list['a'] }}",
                                "{{ not }}",
                                "{{ 'a' * 20000000 }}",
                                "{{ 'nan' | int }}",
                                "{{ 1e300 | int }}",
                                "{{ range(-9000000000000000000, 9000000000000000000) }}",
                                "{{ x | round('a') }}"}) {
    EXPECT_TRUE(fault(bad).starts_with("cannot fill template 't': line 1: ")) << bad << ": " << fault(bad);
  }
}

TEST(Template, DeepNestingIsRefused) {
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "{% if n %}";
  EXPECT_NE(fault(deep), "");
  EXPECT_NE(fault("{{ " + std::string(100000, '(') + "1 }}"), "");
  EXPECT_NE(fault("{{ " + std::string(100000, '-') + "1 }}"), "");
  EXPECT_EQ(fill("{{ " + std::string(60, '(') + "1" + std::string(60, ')') + " }}"),
            "1");  // at once, not in 2^60 steps
}
