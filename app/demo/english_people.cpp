// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/english_rules.h"

namespace featurescope::demo {

const std::string_view kPeopleRules = R"(
biography =
  {gender_m}{biography_text}
  {gender_f}{biography_text}
gender_m = {he="he"}{him="him"}{his="his"}{spouse="wife"}{son="son"}{first=male_name}{partner=female_name}
gender_f = {he="she"}{him="her"}{his="her"}{spouse="husband"}{son="daughter"}{first=female_name}{partner=male_name}

biography_text =
  {last=surname}{born=number 1720 1930}{died=number born+35 born+85}{work=occupation}{home=nationality}= {first} {last} =\n\n{life_opening} {life_youth} {life_training}\n\n{heading_career}{life_career} {life_career} {life_turn}\n\n{heading_late}{life_family} {life_end}\n

occupation = painter | writer | poet | composer | architect | physician | chemist | physicist | mathematician | historian | philosopher | lawyer | astronomer | botanist | explorer | engineer | teacher | photographer | singer | sculptor

heading_career =
  == Career ==\n\n
  == Work ==\n\n
  == Life and work ==\n\n
heading_late =
  == Later years ==\n\n
  == Family and death ==\n\n
  == Last years ==\n\n

life_opening =
  {first} {last} ({date} {born} – {date} {died}) was {a home work} who lived in {city}.
  {first} {last} (born {date} {born} in {birthplace=city}{birthplace}; died {date} {died}) was {a home work}.
  {first} {last} was {a home work}, best known for {his} {best_known}.
best_known =
  work on {craft}
  {plural work_thing}
  travels in {country}
  {quality} {plural work_thing}
work_thing = painting | book | letter | drawing | map | song | poem | garden | portrait | essay | discovery
life_youth =
  {cap he} was born in {city} in {born}, the {son} of {a relative_job}.
  {cap he} was the {ordinal_word} child of {a relative_job} from {town_name}.
  As a child {he} lived in {town_name}, where {his} father was {a relative_job}.
  {cap his} father was {a relative_job} and {his} mother was {a relative_job}.
relative_job = farmer | merchant | teacher | soldier | priest | baker | miller | doctor | judge | sailor | shoemaker | weaver | innkeeper | blacksmith
life_training =
  {cap he} studied {craft} at the University of {city} and later moved to {city}.
  In {number born+17 born+22} {he} began to study {craft} in {city}.
  After {his} studies in {city}, {he} worked as a teacher of {craft}.
  {cap he} learned {craft} from {male_name} {surname}, {a home work} of that time.
life_career =
  In {number born+23 born+34} {last} {past publish_verb} {his} first {work_thing}.
  {later_on} {he} {past move_verb} to {city}, where {he} met the {work} {male_name} {surname}.
  {cap his} {work_thing} of {number born+25 born+34} was {praise}, and it made {him} famous in {country}.
  Between {number born+24 born+27} and {number born+28 born+34} {he} travelled through {country} and {country}.
  The {plural work_thing} of {last} are now in the museum of {city}.
  Many of {his} {plural work_thing} show the {plural building} of {city}.
  {cap he} wrote to {male_name} {surname}: "{quotation}"
  The {work} {first} {last} was also interested in {craft} and {craft}.
  In {city} {he} taught {craft} to the children of {a relative_job}.
publish_verb = publish | show | finish | sell | present
move_verb = move | travel | return
quotation =
  I have never seen such {a quality building}.
  The {plural work_thing} of this country are {quality}.
  I work in the {day_time} and sleep in the {day_time}.
  There is nothing in {city} that I like more than the {building}.
  My {object} and my {object} are all that I have.
  We must not forget the {colour} {plural building} of {city}.
life_turn =
  During the war {he} lost {his} house in {city} and had to leave the country.
  In {number born+30 born+34} {he} was given a prize by the King of {country}.
  {cap he} became a member of the Academy of {city}.
  {cap his} health was poor, and {he} spent every {season_name} in {town_name}.
life_family =
  In {number born+22 born+34} {he} married {partner} {surname}, and they had {number_word} children.
  {cap his} {spouse}, {partner}, was the {ordinal_word} child of {a relative_job} from {city}.
  {last} never married.
life_end =
  {first} {last} died in {city} on {date} {died}.
  {cap he} died in {died} and was buried in the {building} of {town_name}.
  After {his} death in {died} a street in {city} was named after {him}.

letter =
  {writer=female_name}{friend=male_name}{letter_text}
  {writer=male_name}{friend=female_name}{letter_text}
letter_text =
  {place=city}{place}, {date} {number 1790 1939}\n\nDear {friend},\n\n{letter_opening} {letter_news} {letter_news} {letter_news}\n\n{letter_question} {letter_close}\n\nYours,\n{writer}\n
letter_opening =
  Thank you for your letter of {date}.
  I have been in {place} for {number_word} weeks now.
  Your letter came on {weekday}, and I was {feeling} to read it.
letter_news =
  The weather here in {place} is {quality} and the streets are {quality}.
  On {weekday} I went to the {building} with {female_name} {surname}.
  We ate {food} and {food} in {a quality} little house near the {building}.
  I have bought you {a colour object} and {a quality object}.
  {male_name} says that the {building} is the most beautiful in {country}.
  In the {day_time} I walk along the river and think of you.
  My brother {male_name} has lost his {object} again.
  The children are {feeling}, and the dog sleeps under the {object} all day.
letter_question =
  When will you come to {place}?
  Do you still have my {object}?
  Have you heard from {female_name}?
letter_close =
  Please write to me soon.
  Give my love to {female_name} and {male_name}.
  I will be home in {month}.
)";

}  // namespace featurescope::demo
